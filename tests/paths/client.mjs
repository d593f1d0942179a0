// The official Node client, unmodified, through the gateway: each scenario's result as one JSON object.
import { createRequire } from "node:module";

const require = createRequire(process.env.NODE_DIR + "/");
const { default: OpenAI, toFile } = require("openai");

const client = new OpenAI({ baseURL: process.env.BASE_URL, apiKey: process.env.CALLER_KEY });
const picture = Buffer.from(process.env.PICTURE, "base64");
const refused = process.env.REFUSED_PROMPT;
const image = () => toFile(picture, "before.png", { type: "image/png" });

async function collect(stream) {
  const types = [];
  for await (const event of stream) types.push(event.type);
  return types;
}

const scenarios = {
  generate: async () => (await client.images.generate({ prompt: "a tyre", n: 2 })).data.length,
  edit: async () => (await client.images.edit({ image: [await image(), await image()], prompt: "a tyre" })).data.length,
  stream: async () => collect(await client.images.generate({ prompt: "a tyre", stream: true })),
  models: async () => (await client.models.retrieve("gpt-image-1")).id,
  refused: async () => client.images.generate({ prompt: refused }),
  refused_stream: async () => collect(await client.images.generate({ prompt: refused, stream: true })),
};

const results = {};
for (const [name, scenario] of Object.entries(scenarios)) {
  try {
    results[name] = await scenario();
  } catch (error) {
    results[name] = [error.constructor.name, error.status, error.code];
  }
}
console.log(JSON.stringify(results));
