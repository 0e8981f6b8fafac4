import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { statusQuery } from "../../app/session";
import { Failure, Loading, NotFound } from "../../app/states";
import { Entrance } from "../../components/Entrance";
import { t } from "../../text/t";
import { Finish } from "./Finish";
import { ShortForm } from "./ShortForm";
import { Wizard } from "./Wizard";
import { type Answers, type Faults, unanswered } from "./wizard";
import "../../styles/kitForms";
import "./setup.css";

/** Makes the first administrator, on one screen or step by step. There is no such page once somebody exists. */
export function SetupPage() {
  // Asked once: while the page works there soon is a user, and it must not vanish then.
  const { data, error, refetch } = useQuery({
    ...statusQuery,
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
  });
  if (error) {
    return (
      <Entrance title={t("setup.title")}>
        <Failure error={error} retry={() => void refetch()} />
      </Entrance>
    );
  }
  if (!data) {
    return (
      <Entrance title={t("setup.title")}>
        <Loading rows={3} />
      </Entrance>
    );
  }
  return <Asking isOpen={data.isAuth && data.isNewClient} />;
}

function Asking({ isOpen: initially }: { isOpen: boolean }) {
  const [isOpen] = useState(initially);
  const [answers, setAnswers] = useState<Answers>(unanswered);
  const [faults, setFaults] = useState<Faults>({});
  const [isWizard, setWizard] = useState(false);
  const [isFinishing, setFinishing] = useState(false);
  if (!isOpen) return <NotFound />;
  const form = {
    answers,
    faults,
    setFaults,
    set: (change: Partial<Answers>): void => setAnswers((now) => ({ ...now, ...change })),
  };
  if (isFinishing) {
    return (
      <Entrance title={t("setup.finishTitle")} wide={isWizard}>
        <Finish
          answers={answers}
          onRefused={(refused) => {
            setFaults(refused);
            setFinishing(false);
          }}
        />
      </Entrance>
    );
  }
  return (
    <Entrance title={t("setup.title")} wide={isWizard}>
      {isWizard ? (
        <Wizard form={form} onFinish={() => setFinishing(true)} />
      ) : (
        <ShortForm
          form={form}
          onFinish={() => setFinishing(true)}
          onMore={() => {
            setFaults({});
            setWizard(true);
          }}
        />
      )}
    </Entrance>
  );
}
