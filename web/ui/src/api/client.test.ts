import { afterEach, describe, expect, it, vi } from "vitest";
import { api, onConsentNeeded, onSignedOut, payload, renewing } from "./client";
import type { Problem } from "./problem";

const answer = (status: number, body: object): Response =>
  new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } });
const refusal = { error: true, payload: "Please give your password again to do this.", code: "consent_needed" };

let stop: (() => void) | undefined;
afterEach(() => {
  stop?.();
  vi.unstubAllGlobals();
});

/** A server that wants the password first; returns the bodies that came. */
function serve(hasConsent: () => boolean): string[] {
  const bodies: string[] = [];
  vi.stubGlobal("fetch", async (request: Request) => {
    bodies.push(await request.text());
    return hasConsent() ? answer(200, { success: true, payload: { theme: "dark" } }) : answer(403, refusal);
  });
  return bodies;
}

const act = () =>
  payload(api.PATCH("/me/preferences", { baseUrl: "http://localhost/systemApi", body: { theme: "dark" } as never }));

describe("an act that needs the password again", () => {
  it("goes on by itself with its body after the password", async () => {
    let given = false;
    const bodies = serve(() => given);
    stop = onConsentNeeded(async () => {
      given = true;
      return true;
    });
    await expect(act()).resolves.toEqual({ theme: "dark" });
    expect(bodies).toEqual(['{"theme":"dark"}', '{"theme":"dark"}']);
  });

  it("is refused when the question is cancelled", async () => {
    const bodies = serve(() => false);
    stop = onConsentNeeded(async () => false);
    await expect(act()).rejects.toMatchObject({ status: 403, code: "consent_needed" } satisfies Partial<Problem>);
    expect(bodies).toHaveLength(1);
  });

  it("asks once for all that wait", async () => {
    let given = false;
    let asked = 0;
    serve(() => given);
    stop = onConsentNeeded(async () => {
      asked++;
      await Promise.resolve();
      given = true;
      return true;
    });
    await Promise.all([act(), act(), act()]);
    expect(asked).toBe(1);
  });

  it("does not ask about other refusals", async () => {
    vi.stubGlobal("fetch", async () => answer(403, { error: true, payload: "No.", code: "missing_permission" }));
    stop = onConsentNeeded(() => Promise.reject(new Error("asked")));
    await expect(act()).rejects.toMatchObject({ code: "missing_permission" });
  });
});

describe("what is read while this session gets new secrets", () => {
  const read = () => payload(api.GET("/me", { baseUrl: "http://localhost/systemApi" }));
  const signedOut = vi.fn();
  /** Refuses the old secrets, which all have whose call came before change is answered. */
  function change() {
    signedOut.mockClear();
    onSignedOut(signedOut);
    let done = false;
    vi.stubGlobal("fetch", async () =>
      done
        ? answer(200, { success: true, payload: { ok: 1 } })
        : answer(401, { error: true, payload: "Please sign in.", code: "sign_in_needed" }),
    );
    let resolve = (): void => {};
    const call = new Promise<void>((ok) => {
      resolve = ok;
    });
    const finish = (): void => {
      done = true;
      resolve();
    };
    return { call, finish };
  }

  it("is read again with the new ones", async () => {
    const { call, finish } = change();
    const changed = renewing(call);
    const reading = read();
    await Promise.resolve();
    finish();
    await changed;
    await expect(reading).resolves.toEqual({ ok: 1 });
    expect(signedOut).not.toHaveBeenCalled();
  });

  it("is refused as ever when there is no such change, or it failed", async () => {
    change();
    await expect(read()).rejects.toMatchObject({ status: 401 });
    const failed = renewing(Promise.reject(new Error("no")));
    await expect(Promise.all([failed.catch(() => {}), read()])).rejects.toMatchObject({ status: 401 });
    expect(signedOut).toHaveBeenCalledTimes(2);
  });
});
