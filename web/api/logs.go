package api

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"ecoflow/app"
	"ecoflow/app/auth"
	"ecoflow/app/limit"
	"ecoflow/app/log"
	"ecoflow/web/endpoint"
)

// logs lists the endpoints about the log.
func logs(a *app.App) []endpoint.Endpoint {
	return []endpoint.Endpoint{
		endpoint.New(endpoint.Spec{
			ID:      "log.tail",
			Route:   "GET /logs",
			Summary: "Show the log, the newest record first",
			Description: "A page may be short, even empty, and still have a next: it ends where enough was looked at. " +
				"log events bring what is written from now on.",
			Allow: auth.ServerConfigurationShow,
		}, func(ctx context.Context, r log.TailRequest) (endpoint.With[[]log.Record, logMembers], error) {
			t, err := a.Records.Tail(ctx, r)
			return endpoint.With[[]log.Record, logMembers]{
				Payload: t.Records, Beside: logMembers{Count: len(t.Records), Limit: limit.Rows(r.Limit), Next: t.Next, Files: t.Files, Dropped: a.Records.Dropped()},
			}, err
		}),
		endpoint.Raw(endpoint.Spec{
			ID:      "log.download",
			Route:   "GET /logs/download",
			Summary: "Download the whole log",
			Allow:   auth.ServerConfigurationShow,
		}, "text/plain; charset=utf-8", func(_ context.Context, _ struct{}, w http.ResponseWriter) error {
			h := w.Header()
			h.Set("Content-Type", "text/plain; charset=utf-8")
			h.Set("Content-Disposition", fmt.Sprintf(`attachment; filename="ecoflow-log-%s.txt"`, time.Now().UTC().Format("20060102-150405")))
			if err := http.NewResponseController(w).SetWriteDeadline(time.Now().Add(downloadTime)); err != nil && !errors.Is(err, http.ErrNotSupported) {
				return err
			}
			out := bufio.NewWriterSize(w, 64<<10)
			n, err := a.Records.WriteTo(out)
			if err = errors.Join(err, out.Flush()); err != nil && n > 0 {
				panic(http.ErrAbortHandler) // part of it is out: only breaking off shows that
			}
			return err
		}),
	}
}

// downloadTime is how long a client may take for the whole log.
const downloadTime = 10 * time.Minute

// logMembers stand beside the records.
type logMembers struct {
	Count   int    `json:"count" doc:"How many records payload holds."`
	Limit   int    `json:"limit" doc:"How many a page holds at most: as many as were asked for, within 1,000."`
	Next    string `json:"next,omitzero" doc:"Cursor of older records; absent when there are none."`
	Files   bool   `json:"files" doc:"Whether the log is kept in files; without, only the last records since the start are known."`
	Dropped uint64 `json:"dropped" doc:"Records that were lost since the start because they came too fast or could not be written."`
}
