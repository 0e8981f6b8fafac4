import { Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { modals } from "@mantine/modals";
import { type ReactNode, useState } from "react";
import { isProblem } from "../api/problem";
import { t } from "../text/t";
import { useFocusBack } from "./Dialog";

export interface Danger {
  title: string;
  /** What is destroyed and what follows. */
  children: ReactNode;
  /** The verb on the button: "Delete Ada". */
  confirm: string;
  /** What has to be typed first, for what cannot be undone. */
  typed?: string;
  /** Does it. A refusal is shown in the dialog, which stays open. */
  act: () => Promise<unknown>;
}

/** Asks before something is destroyed. Focus starts on Cancel. */
export function confirmDanger(danger: Danger): void {
  const id = modals.open({
    title: danger.title,
    children: <Confirm {...danger} onClose={() => modals.close(id)} />,
  });
}

function Confirm({ children, confirm, typed, act, onClose }: Danger & { onClose: () => void }) {
  useFocusBack();
  const [text, setText] = useState("");
  const [error, setError] = useState<string>();
  const [isActing, setActing] = useState(false);
  const run = async (): Promise<void> => {
    setActing(true);
    setError(undefined);
    try {
      await act();
      onClose();
    } catch (e) {
      if (!isProblem(e)) throw e;
      setError(e.message);
    } finally {
      setActing(false);
    }
  };
  return (
    <form
      onSubmit={(e) => {
        e.preventDefault();
        if (typed === undefined || text === typed) void run();
      }}
    >
      <Stack>
        <div>{children}</div>
        {typed !== undefined && (
          <TextInput
            label={t("danger.type", { text: typed })}
            value={text}
            autoComplete="off"
            spellCheck={false}
            onChange={(e) => setText(e.currentTarget.value)}
          />
        )}
        {error && (
          <Text c="red" role="alert">
            {error}
          </Text>
        )}
        <Group justify="flex-end">
          <Button variant="default" data-autofocus onClick={onClose}>
            {t("common.cancel")}
          </Button>
          <Button color="red" type="submit" loading={isActing} disabled={typed !== undefined && text !== typed}>
            {confirm}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
