package editor

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"ecoflow/app/auth"
	"ecoflow/app/fault"
)

// Settings are how a user likes the canvas, in the contract's words (3.5).
type Settings struct {
	KeyboardAccessibility bool `json:"keyboardAccessibility" doc:"Move nodes with the arrow keys."`
	Controls              bool `json:"controls" doc:"Show the canvas buttons."`
	MiniMap               bool `json:"miniMap"`
	PanMiniMap            bool `json:"panMiniMap" doc:"The mini map can be dragged."`
	ScrollPan             bool `json:"scrollPan" doc:"Scrolling moves the canvas."`
}

// CanvasSettings returns the canvas settings of whoever asks.
func (e *Editor) CanvasSettings(ctx context.Context, _ struct{}) (Settings, error) {
	return e.Store.Settings(ctx, auth.ActorFrom(ctx).UserID)
}

// SettingsRequest changes the settings that it names.
type SettingsRequest struct {
	Settings map[string]bool `json:"settings" required:"true" doc:"Those to change."`
}

// SaveCanvasSettings changes the settings that are given and returns all.
func (e *Editor) SaveCanvasSettings(ctx context.Context, r SettingsRequest) (Settings, error) {
	user := auth.ActorFrom(ctx).UserID
	s, err := e.Store.Settings(ctx, user)
	if err != nil {
		return s, err
	}
	fields := map[string]*bool{
		"keyboardAccessibility": &s.KeyboardAccessibility, "controls": &s.Controls, "miniMap": &s.MiniMap,
		"panMiniMap": &s.PanMiniMap, "scrollPan": &s.ScrollPan,
	}
	f := fault.New(fault.Invalid, "These are no settings of the canvas.").WithCode("unknown_setting")
	for _, name := range slices.Sorted(maps.Keys(r.Settings)) {
		if to, known := fields[name]; known {
			*to = r.Settings[name]
		} else {
			f.At("settings/"+name, "is not a setting")
		}
	}
	if len(f.Places) > 0 {
		return s, f
	}
	if err := e.Store.SaveSettings(ctx, user, s); err != nil {
		return s, fmt.Errorf("save canvas settings: %w", err)
	}
	return s, nil
}
