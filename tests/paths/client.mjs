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
  files: async () => {
    const file = await client.files.create({ file: await image(), purpose: "vision", expires_after: { anchor: "created_at", seconds: 3600 } });
    const bytes = Buffer.from(await (await client.files.content(file.id)).arrayBuffer());
    const listed = [];
    for await (const each of client.files.list()) listed.push(each.id);
    return [bytes.equals(picture), listed.includes(file.id), (await client.files.delete(file.id)).deleted];
  },
  batch: async () => {
    const line = { custom_id: "1", method: "POST", url: "/v1/images/generations", body: { prompt: "a tyre" } };
    const file = await client.files.create({ file: await toFile(Buffer.from(JSON.stringify(line)), "b.jsonl"), purpose: "batch" });
    const made = await client.batches.create({ input_file_id: file.id, endpoint: line.url, completion_window: "24h" });
    const lines = (await (await client.files.content(made.output_file_id)).text()).trim().split("\n");
    return lines.map((each) => JSON.parse(each).response.body.data.length);
  },
  responses: async () => {
    const made = await client.responses.create({ input: "a tyre", tools: [{ type: "image_generation" }], background: true });
    const types = await collect(await client.responses.retrieve(made.id, { stream: true, starting_after: 5 }));
    const items = await client.responses.inputItems.list(made.id, { include: ["message.input_image.image_url"] });
    return [made.status, types.at(-1), items.data.length];
  },
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
