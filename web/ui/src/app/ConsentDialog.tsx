import { Modal } from "@mantine/core";
import { lazy, Suspense, useEffect, useState } from "react";
import { onConsentNeeded, onSignedInAgain } from "../api/client";
import { t } from "../text/t";
import { useMe } from "./session";

const ConsentForm = lazy(() => import("../features/me/ConsentForm").then((m) => ({ default: m.ConsentForm })));

// The kit closes every open dialog at Escape unless what has the focus says so.
const ownEscape = { "data-mantine-stop-propagation": "true" };

/**
 * Comes over the page when the server wants the password again before a grave
 * act. The act waits, and goes on by itself.
 */
export function ConsentDialog() {
  const me = useMe();
  const [answer, setAnswer] = useState<(given: boolean) => void>();
  useEffect(() => onConsentNeeded(() => new Promise<boolean>((resolve) => setAnswer(() => resolve))), []);
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
  if (!answer || !me) return null;
  return (
    <Modal
      opened
      onClose={() => end(false)}
      title={t("consent.title")}
      zIndex={300} // over the dialog that asked
      closeOnEscape={false} // we do: the kit would close that dialog too
      attributes={{ content: ownEscape }}
      closeOnClickOutside={false}
      withCloseButton={false}
    >
      <Suspense>
        <ConsentForm username={me.user.username} onDone={() => end(true)} onCancel={() => end(false)} />
      </Suspense>
    </Modal>
  );
}
