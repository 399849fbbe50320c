"use strict";

addEventListener("load", async () => {
  const urls = await (await fetch("/docs/documents.json")).json();
  SwaggerUIBundle({
    urls,
    dom_id: "#documents",
    deepLinking: true,
    validatorUrl: null,
    presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset],
    layout: "StandaloneLayout",
  });
});
