package api

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"ecoflow/app"
	"ecoflow/app/audit"
	"ecoflow/app/auth"
	"ecoflow/app/limit"
	"ecoflow/web/endpoint"
)

// auditLog lists the endpoints about who did what.
func auditLog(a *app.App) []endpoint.Endpoint {
	page := func(ctx context.Context, number int) (auditPage, error) {
		records, total, err := a.Audit.Page(ctx, number)
		page := auditPage{Total: total, Logs: make([]audit.Line, 0, len(records))}
		for _, r := range records {
			page.Logs = append(page.Logs, r.Line())
		}
		return page, err
	}
	return []endpoint.Endpoint{
		endpoint.New(endpoint.Spec{ // 78
			ID:      "audit.first",
			Route:   "GET /auditLogs",
			Summary: "List the newest hundred audit entries",
			Allow:   auth.AuditLogs,
		}, func(ctx context.Context, _ struct{}) (auditPage, error) { return page(ctx, 1) }),
		endpoint.New(endpoint.Spec{ // 79
			ID:          "audit.page",
			Route:       "GET /auditLogs/{page}",
			Summary:     "List a page of a hundred audit entries, the newest first",
			Description: "What is no number, or below 1, is the first page.",
			Allow:       auth.AuditLogs,
		}, func(ctx context.Context, r auditPageRequest) (auditPage, error) {
			number, err := strconv.Atoi(r.Page)
			if err != nil {
				number = 1
			}
			return page(ctx, number)
		}),
		endpoint.New(endpoint.Spec{
			ID:      "audit.list",
			Route:   "GET /audit",
			Summary: "Find audit entries, the newest first",
			Description: "A page may be short, even empty, and still have a next: it ends where the time for one page was spent, " +
				"and the next looks on from there. total counts the whole log.",
			Allow: auth.AuditLogs,
		}, func(ctx context.Context, r audit.FindRequest) (endpoint.Page[audit.Full], error) {
			p, err := a.Audit.Find(ctx, r)
			return endpoint.Page[audit.Full]{Items: p.List, Total: int(p.Total), Next: p.Next, Limit: limit.Rows(r.Limit)}, err
		}),
		endpoint.Raw(endpoint.Spec{
			ID:          "audit.export",
			Route:       "POST /audit/export",
			Summary:     "Export audit entries as a file",
			Description: "All that the filter chooses, the newest first.",
			Allow:       auth.AuditLogs,
			Audit:       "Exported the audit log as {format}",
		}, "application/octet-stream", func(ctx context.Context, r auditExportRequest, w http.ResponseWriter) error {
			return exportAudit(ctx, a.Audit, r, w)
		}),
		endpoint.New(endpoint.Spec{
			ID:      "audit.chain",
			Route:   "GET /audit/chain",
			Summary: "Say what is known of the chain of audit entries",
			Allow:   auth.AuditLogs,
		}, func(context.Context, struct{}) (audit.Chain, error) { return a.Audit.Chain(), nil }),
		endpoint.New(endpoint.Spec{
			ID:      "audit.verify",
			Route:   "POST /audit/verify",
			Summary: "Verify the chain of audit entries",
			Allow:   auth.AuditLogs,
			Audit:   "Verified the audit log",
		}, func(ctx context.Context, _ struct{}) (audit.Chain, error) {
			chain, err := a.Audit.Check(ctx)
			if err == nil {
				audit.Describe(ctx, "audit log", nil, map[string]any{"state": chain.State, "entries": chain.Entries, "broken": chain.Broken})
				a.Health.Nudge()
			}
			return chain, err
		}),
	}
}

// auditPage is a page of the log as the contract has it.
type auditPage struct {
	Total int          `json:"totalDocs"`
	Logs  []audit.Line `json:"logs"`
}

type auditPageRequest struct {
	Page string `path:"page"`
}

type auditExportRequest struct {
	audit.Filter
	Format string `query:"format" enum:"csv,json" default:"csv"`
}

// exportAudit writes the entries as they are found. Once something is written, a
// failure can only be shown by breaking the answer off. That it was asked for is on
// record before the first entry goes out.
func exportAudit(ctx context.Context, log *audit.Log, r auditExportRequest, w http.ResponseWriter) error {
	if err := log.Append(ctx, audit.EntryFrom(ctx)); err != nil {
		return err
	}
	out := bufio.NewWriterSize(w, 64<<10)
	var entries interface {
		write(audit.Full) error
		end() error
	}
	kind := "text/csv; charset=utf-8"
	if r.Format == "json" {
		kind, entries = "application/json", &auditJSON{out: out}
	} else {
		entries = &auditCSV{out: csv.NewWriter(out)}
	}
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", fmt.Sprintf(`attachment; filename="ecoflow-audit-%s.%s"`, time.Now().UTC().Format("20060102-150405"), r.Format))
	control := http.NewResponseController(w)
	written := 0
	err := log.Each(ctx, r.Filter, func(rec audit.Record) error {
		if written++; written%auditExportStep == 0 { // a long answer is no slow one
			if err := control.SetWriteDeadline(time.Now().Add(auditExportTime)); err != nil && !errors.Is(err, http.ErrNotSupported) {
				return err
			}
		}
		return entries.write(rec.Full())
	})
	if err == nil {
		err = errors.Join(entries.end(), out.Flush())
	}
	if err != nil && written > 0 {
		panic(http.ErrAbortHandler)
	}
	return err
}

const (
	auditExportStep = 1000             // entries
	auditExportTime = 30 * time.Second // in which a client has to take that many
)

// auditCSV writes entries as rows.
type auditCSV struct {
	out   *csv.Writer
	began bool
}

func (c *auditCSV) begin() error {
	if c.began {
		return nil
	}
	c.began = true
	return c.out.Write([]string{"id", "time", "actor", "address", "action", "object", "result", "type", "message", "before", "after", "requestId"})
}

func (c *auditCSV) write(e audit.Full) error {
	row := []string{
		strconv.FormatInt(e.ID, 10), e.Time, e.User, e.Address, e.Action, e.Object, string(e.Result), e.Type, e.Message,
		string(e.Before), string(e.After), e.RequestID,
	}
	for i := range row {
		row[i] = cell(row[i])
	}
	return errors.Join(c.begin(), c.out.Write(row))
}

func (c *auditCSV) end() error {
	err := c.begin()
	c.out.Flush()
	return errors.Join(err, c.out.Error())
}

// cell keeps a spreadsheet from taking a text for a formula (S30).
func cell(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}

// auditJSON writes entries as one list.
type auditJSON struct {
	out   io.Writer
	began bool
}

func (j *auditJSON) write(e audit.Full) error {
	text, err := json.Marshal(e, json.Deterministic(true), jsontext.AllowInvalidUTF8(true))
	if err != nil {
		return err
	}
	lead := "[\n"
	if j.began {
		lead = ",\n"
	}
	j.began = true
	_, err = io.WriteString(j.out, lead+string(text))
	return err
}

func (j *auditJSON) end() error {
	text := "\n]\n"
	if !j.began {
		text = "[]\n"
	}
	_, err := io.WriteString(j.out, text)
	return err
}
