package config

import "time"

// ConfirmWithin has trials end sooner, so that a test sees one end.
func (c *Current) ConfirmWithin(d time.Duration) { c.confirm = d }
