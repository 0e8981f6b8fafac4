import { useEffect, useState } from "react";
import { onConsentNeeded, onSignedInAgain } from "../api/client";
import { Dialog } from "../components/Dialog";
import { t } from "../text/t";
import { useMe } from "./session";

type Form = typeof import("../features/me/ConsentForm")["ConsentForm"];

// The kit closes every open dialog at Escape unless what has the focus says so.
const ownEscape = { "data-mantine-stop-propagation": "true" };

/**
 * Comes over the page when the server wants the password again before a grave
 * act. The act waits, and goes on by itself.
 */
export function ConsentDialog() {
  const me = useMe();
  const [answer, setAnswer] = useState<(given: boolean) => void>();
  const [ConsentForm, setForm] = useState<Form>();
  useEffect(
    () =>
      onConsentNeeded(async () => {
        // Shown when it can be typed into, not before.
        const loaded = await import("../features/me/ConsentForm").catch(() => undefined);
        if (!loaded) return false; // the line is gone: the refusal stands
        setForm(() => loaded.ConsentForm);
        return new Promise<boolean>((resolve) => setAnswer(() => resolve));
      }),
    [],
  );
  const end = (given: boolean): void => {
    answer?.(given);
    setAnswer(undefined);
  };
  // Should the session end meanwhile: whoever signs in again gave the password.
  useEffect(() => {
    if (answer)
      return onSignedInAgain(() => {
        answer(true);
        setAnswer(undefined);
      });
  }, [answer]);
  useEffect(() => {
    if (!answer) return;
    const handleKey = (e: KeyboardEvent): void => {
      if (e.key !== "Escape" || e.isComposing) return;
      answer(false);
      setAnswer(undefined);
    };
    addEventListener("keydown", handleKey, true);
    return () => removeEventListener("keydown", handleKey, true);
  }, [answer]);
  if (!answer || !ConsentForm || !me) return null;
  return (
    <Dialog
      onClose={() => end(false)}
      title={t("consent.title")}
      zIndex={300} // over the dialog that asked
      closeOnEscape={false} // we do: the kit would close that dialog too
      attributes={{ content: ownEscape }}
      closeOnClickOutside={false}
      withCloseButton={false}
    >
      <ConsentForm username={me.user.username} onDone={() => end(true)} onCancel={() => end(false)} />
    </Dialog>
  );
}
