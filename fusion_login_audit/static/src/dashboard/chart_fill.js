const SIZE = 8;

/**
 * Series differ by pattern as well as by colour, for those who cannot tell the colours
 * apart and on paper: successes are plain, failures striped, those that wait dotted.
 *
 * @param {string} kind `success`, `danger` or `warning`
 * @param {string} color any CSS colour
 * @returns {string|CanvasPattern} what fills the bars
 */
export function seriesFill(kind, color) {
    if (kind === "success") {
        return color;
    }
    const tile = document.createElement("canvas");
    tile.width = tile.height = SIZE;
    const context = tile.getContext("2d");
    context.globalAlpha = 0.35;
    context.fillStyle = color;
    context.fillRect(0, 0, SIZE, SIZE);
    context.globalAlpha = 1;
    if (kind === "danger") {
        drawStripes(context, color);
    } else {
        drawDots(context, color);
    }
    return context.createPattern(tile, "repeat");
}

function drawStripes(context, color) {
    context.strokeStyle = color;
    context.lineWidth = 3;
    context.beginPath();
    // Three lines, so that the pattern goes on across the edges of its tiles.
    for (const shift of [-SIZE, 0, SIZE]) {
        context.moveTo(shift - 1, SIZE + 1);
        context.lineTo(shift + SIZE + 1, -1);
    }
    context.stroke();
}

function drawDots(context, color) {
    context.fillStyle = color;
    context.beginPath();
    context.arc(SIZE / 2, SIZE / 2, 2, 0, 2 * Math.PI);
    context.fill();
}
