import { Button, Group, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconPlus, IconSparkles, IconUpload } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { lazy, Suspense, useId, useRef, useState } from "react";
import { createFlow } from "../../api/createFlow";
import { isProblem } from "../../api/problem";
import { handImport } from "../../app/pickedImport";
import { JsonFile } from "../../components/JsonFile";
import { SAMPLE_NAME, sampleFlow } from "../../sample/sample";
import { t } from "../../text/t";

const DriveKey = lazy(() => import("./DriveKey").then((m) => ({ default: m.DriveKey })));

/** The first thing to do where nothing was made yet. */
export function Welcome() {
  const id = useId();
  const navigate = useNavigate();
  const file = useRef<HTMLInputElement>(null);
  const [making, setMaking] = useState<"blank" | "sample">();
  const make = async (what: "blank" | "sample"): Promise<void> => {
    setMaking(what);
    try {
      const name =
        what === "sample"
          ? await createFlow(SAMPLE_NAME, sampleFlow())
          : await createFlow(t("flowName.new"), { definitions: [], connections: [], configurations: [] });
      await navigate({ to: "/flows/$name", params: { name }, search: what === "sample" ? { routes: true } : {} });
    } catch (e) {
      if (!isProblem(e)) throw e;
      notifications.show({ color: "red", message: e.message });
    } finally {
      setMaking(undefined);
    }
  };
  return (
    <section className="overview__card overview__welcome" aria-labelledby={id}>
      <h2 id={id}>{t("welcome.title")}</h2>
      <Text maw="72ch">{t("welcome.text")}</Text>
      <Group gap="md" mt="md">
        <Button
          leftSection={<IconSparkles size={16} />}
          loading={making === "sample"}
          disabled={making === "blank"}
          onClick={() => void make("sample")}
        >
          {t("welcome.sample")}
        </Button>
        <Button
          variant="default"
          leftSection={<IconPlus size={16} />}
          loading={making === "blank"}
          disabled={making === "sample"}
          onClick={() => void make("blank")}
        >
          {t("welcome.blank")}
        </Button>
        <JsonFile
          ref={file}
          onText={(text) => {
            handImport(text);
            void navigate({ to: "/flows" });
          }}
        />
        <Button
          variant="default"
          leftSection={<IconUpload size={16} />}
          disabled={making !== undefined}
          onClick={() => file.current?.click()}
        >
          {t("flows.import")}
        </Button>
      </Group>
      <Suspense fallback={null}>
        <DriveKey />
      </Suspense>
    </section>
  );
}
