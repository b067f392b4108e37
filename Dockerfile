# Odoo with the addons of the suite, rendered for the series of the base image.
ARG ODOO_SERIES=18.0

FROM python:3.11-slim AS rendered
ARG ODOO_SERIES
WORKDIR /src
COPY . .
RUN python3 -B -m tools.suite.image "${ODOO_SERIES}" /rendered

FROM odoo:${ODOO_SERIES}
USER root
COPY --from=rendered /rendered/ /opt/suite/
# Python packages that the manifests name (most are in the base image already), then the
# OCA addons, without their dependencies: those are the base image's Odoo.
RUN set -eu; \
    export PIP_BREAK_SYSTEM_PACKAGES=1 PIP_NO_CACHE_DIR=1; \
    mkdir -p /opt/suite/oca /tmp/oca; \
    if [ -s /opt/suite/python.txt ]; then pip3 install -r /opt/suite/python.txt; fi; \
    if [ -s /opt/suite/oca.txt ]; then \
        pip3 install --no-deps --target /tmp/oca -r /opt/suite/oca.txt; \
        cp -r /tmp/oca/odoo/addons/. /opt/suite/oca/; \
    fi; \
    rm -rf /tmp/oca
USER odoo
# The base image's entry point passes the database on the command line, where a second
# process cannot see it; the PG* variables serve every process of the container.
ENTRYPOINT []
CMD ["odoo", "-c", "/etc/odoo/odoo.conf"]
