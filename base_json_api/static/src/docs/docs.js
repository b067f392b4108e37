/* The documentation page of an API; no module, as it stands outside of Odoo's assets. */
(function () {
    const target = document.getElementById("swagger-ui");
    window.ui = window.SwaggerUIBundle({
        url: target.dataset.url,
        domNode: target,
        deepLinking: true,
        displayRequestDuration: true,
        // Nothing but this server is asked, for a badge of validity neither.
        validatorUrl: null,
        persistAuthorization: false,
    });
})();
