import { api, payload } from "./client";

/** Saves a new flow as a draft, under the name or the next free "name 2", and returns its name. Throws a Problem. */
export async function createFlow(name: string, flow: object): Promise<string> {
  const taken = new Set((await payload(api.GET("/drafts"))).map((d) => d.name.normalize().toLowerCase()));
  let free = name;
  for (let n = 2; taken.has(free.normalize().toLowerCase()); n++) free = `${name} ${n}`;
  await payload(
    api.PUT("/drafts/{flow}", { params: { path: { flow: free } }, body: { base: 0, flow: flow as never } }),
  );
  return free;
}
