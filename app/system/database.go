package system

import "context"

// Size says how large the product's own database is.
type Size struct {
	Bytes  int64 `json:"bytes" doc:"With the log beside it."`
	Unused int64 `json:"unused" doc:"How much of it holds nothing; compacting gives that back to the disk."`
}

// Database is what the product's own database can be asked for.
type Database interface {
	Size(ctx context.Context) (Size, error)
	// Compact gives what is unused back to the disk.
	Compact(ctx context.Context) error
}
