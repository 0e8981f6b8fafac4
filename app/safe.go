package app

import (
	"context"
	"fmt"
	"slices"
	"time"

	"ecoflow/app/config"
	"ecoflow/app/editor"
)

// SafeMode is why no flow runs, and the way back (R9).
type SafeMode struct {
	Crashes int       `json:"crashes" doc:"How often EcoFlow crashed shortly before; 0 when somebody asked for safe mode."`
	At      time.Time `json:"at,omitzero" doc:"When it crashed first."`
	Suspect *Suspect  `json:"suspect,omitzero" doc:"What changed last before the crashes."`
	Mended  bool      `json:"mended" doc:"Something was deployed or saved since the crashes."`
}

// Suspect is the change after which the crashes began.
type Suspect struct {
	Kind   string    `json:"kind" enum:"deployment,settings"`
	Number int64     `json:"number"`
	At     time.Time `json:"at"`
	By     string    `json:"by"`
	GoBack int64     `json:"goBack" doc:"The number of the one before it, to go back to; 0 is before the first: no flow live, every setting its default."`
}

// suspectsLooked is how many deployments are looked at for the suspect.
const suspectsLooked = 50

// SafeMode returns why no flow runs; nil when flows run.
func (a *App) SafeMode(ctx context.Context) (*SafeMode, error) {
	if !a.System.InSafeMode() {
		return nil, nil
	}
	crashes := a.System.Crashes
	if len(crashes) == 0 {
		return &SafeMode{}, nil
	}
	s := &SafeMode{Crashes: len(crashes), At: crashes[0].UTC()}
	deployments, _, err := a.Editor.Store.Deployments(ctx, editor.DeploymentQuery{Limit: suspectsLooked})
	if err != nil {
		return nil, err
	}
	versions, err := a.Config.Versions(ctx)
	if err != nil {
		return nil, err
	}
	var changes []Suspect
	for i, d := range deployments {
		c := Suspect{Kind: "deployment", Number: d.Number, At: d.At, By: d.By}
		if i+1 < len(deployments) {
			c.GoBack = deployments[i+1].Number
		}
		changes = append(changes, c)
	}
	versions = slices.DeleteFunc(versions, func(v config.Listed) bool { return v.State != config.Saved })
	for i, v := range versions {
		c := Suspect{Kind: "settings", Number: v.Version, At: v.At, By: v.Author}
		if i+1 < len(versions) {
			c.GoBack = versions[i+1].Version
		}
		changes = append(changes, c)
	}
	for _, c := range changes {
		switch {
		case c.At.After(crashes[len(crashes)-1]):
			s.Mended = true
		case c.At.Before(crashes[0]) && (s.Suspect == nil || c.At.After(s.Suspect.At)):
			s.Suspect = &c
		}
	}
	return s, nil
}

// reason says it in a sentence or two.
func (s *SafeMode) reason() string {
	text := "EcoFlow runs in safe mode: you can manage it, and no flow answers."
	if s.Crashes > 0 {
		text += fmt.Sprintf(" It crashed %d times within a minute.", s.Crashes)
	}
	switch c := s.Suspect; {
	case s.Mended:
		text += " Something was changed since; leave safe mode to see whether it works."
	case c != nil && c.Kind == "deployment":
		text += fmt.Sprintf(" Deployment %d was the last change before that.", c.Number)
	case c != nil:
		text += fmt.Sprintf(" Version %d of the settings was the last change before that.", c.Number)
	default:
		text += " Mend what keeps it from working, then leave safe mode."
	}
	return text
}
