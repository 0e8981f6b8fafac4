package fault

import "context"

type requestKey struct{}

// WithRequest returns a context that carries the id of the request it serves:
// the one that the log, the audit entry and a failure's answer share.
func WithRequest(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestKey{}, id)
}

// Request returns the id of the request that the context serves, "" outside one.
func Request(ctx context.Context) string {
	id, _ := ctx.Value(requestKey{}).(string)
	return id
}
