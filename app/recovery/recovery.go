// Package recovery is what EcoFlow does instead of everything else while its
// database is damaged, or newer than the program: it says what was found, saves into
// a copy what can be read, and starts with the copy. Nothing is ever deleted.
package recovery

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"time"

	"ecoflow/app/fault"
)

// What can be the matter with the database.
const (
	Damaged = "damaged"
	Newer   = "newer"
)

// Found is what was found at the start.
type Found struct {
	Problem  string    `json:"problem" enum:"damaged,newer"`
	Detail   string    `json:"detail" doc:"What SQLite found, or which schema the file has."`
	Needs    string    `json:"needs" doc:"The version of EcoFlow that the file needs; empty when it is not too new."`
	Version  string    `json:"version" doc:"Of this EcoFlow."`
	Path     string    `json:"path"`
	Size     int64     `json:"size" doc:"Bytes, with the log beside the file."`
	Modified time.Time `json:"modified"`
}

// Table is what became of a table in the copy.
type Table struct {
	Name    string `json:"name"`
	Rows    int    `json:"rows" doc:"That are in the copy."`
	Dropped int    `json:"dropped" doc:"That were read and do not fit: changed content, or what they belong to is lost."`
	Problem string `json:"problem" doc:"What could not be read; empty when all could."`
}

// Salvaged is what could be saved.
type Salvaged struct {
	Tables []Table `json:"tables"`
	Rows   int     `json:"rows"`
	Whole  bool    `json:"whole" doc:"Every table could be read to its end, and all of it fits."`
}

// File is the database file that cannot be used as it is; package storage
// implements it.
type File interface {
	// Found says what is the matter with it.
	Found() Found
	// Salvage copies, row by row, what can be read into a fresh database beside it, and
	// tells after each table how it went.
	Salvage(ctx context.Context, told func(Table)) (Salvaged, error)
	// Adopt puts the copy in the file's place and the file aside, and returns the name
	// that it has from then on.
	Adopt() (aside string, err error)
	// Download writes the file as it is: itself, or with its log a zip of both.
	Download() (name, contentType string, write func(io.Writer) error, err error)
}

// Outcome is how a recovery ends.
type Outcome int

// The outcomes.
const (
	Quit  Outcome = iota // the process ends
	Start                // the product starts, with the copy in place
)

// salvageTime bounds the copying.
const salvageTime = 30 * time.Minute

// Mode is a recovery under way. Its methods may be called concurrently.
type Mode struct {
	Door
	log   *slog.Logger
	file  File
	ended chan Outcome

	mu       sync.Mutex
	running  bool
	tables   []Table // so far
	salvaged *Salvaged
	problem  string // why the last try failed
	aside    string
	over     bool
	cancel   context.CancelFunc
	tasks    sync.WaitGroup
}

// New returns the recovery of a file. In sign-in mode a code lets people in, which is
// shown at the machine; in local mode a launch token does.
func New(log *slog.Logger, file File, local bool) *Mode {
	return &Mode{Door: newDoor(local), log: log, file: file, ended: make(chan Outcome, 1)}
}

// Ended delivers how the recovery ended.
func (m *Mode) Ended() <-chan Outcome { return m.ended }

// Close ends what is under way and waits for it.
func (m *Mode) Close() {
	m.mu.Lock()
	m.over = true
	if m.cancel != nil {
		m.cancel()
	}
	m.mu.Unlock()
	m.tasks.Wait()
}

// State is all that the page shows.
type State struct {
	Found    Found     `json:"found"`
	Running  bool      `json:"running" doc:"The copy is being made."`
	Tables   []Table   `json:"tables" doc:"Of the copy, as far as they are done."`
	Salvaged *Salvaged `json:"salvaged" doc:"The finished copy."`
	Problem  string    `json:"problem" doc:"Why the last try to make the copy failed."`
	Aside    string    `json:"aside" doc:"What the damaged file is called since the copy took its place."`
}

// State returns how it stands.
func (m *Mode) State(context.Context, struct{}) (State, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return State{m.file.Found(), m.running, append([]Table{}, m.tables...), m.salvaged, m.problem, m.aside}, nil
}

// Salvage begins to make the copy; State tells how it goes.
func (m *Mode) Salvage(ctx context.Context, _ struct{}) (State, error) {
	if err := m.begin(); err != nil {
		return State{}, err
	}
	return m.State(ctx, struct{}{})
}

func (m *Mode) begin() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.file.Found().Problem == Newer:
		return fault.New(fault.Conflict, "The database is sound and only too new for this EcoFlow. Start it with version %s.", m.file.Found().Needs).WithCode("database_newer")
	case m.running:
		return fault.New(fault.Conflict, "The copy is being made already.").WithCode("salvage_running")
	case m.over:
		return fault.New(fault.Unavailable, "EcoFlow is leaving recovery.").WithCode("stopping")
	}
	ctx, cancel := context.WithTimeout(context.Background(), salvageTime)
	m.running, m.tables, m.salvaged, m.problem, m.cancel = true, nil, nil, "", cancel
	m.tasks.Add(1)
	fault.Go(m.log, "salvage", func() {
		defer m.tasks.Done()
		defer cancel()
		result, err := Salvaged{}, error(fault.New(fault.Internal, "The copy could not be made; the log has the details."))
		defer func() { m.done(result, err) }()
		result, err = m.file.Salvage(ctx, func(t Table) {
			m.mu.Lock()
			defer m.mu.Unlock()
			m.tables = append(m.tables, t)
		})
	})
	return nil
}

func (m *Mode) done(result Salvaged, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.running = false
	if err == nil {
		m.salvaged = &result
		m.log.Warn("database salvaged into a copy", "rows", result.Rows, "whole", result.Whole)
		return
	}
	m.log.Error("database not salvaged", "error", err)
	m.problem = fault.Sentence(err.Error())
	if f, ok := fault.As(err); ok {
		m.problem = f.Message
	}
}

// Adopt puts the copy in place and ends the recovery: the product starts.
func (m *Mode) Adopt(ctx context.Context, _ struct{}) (State, error) {
	if err := m.adopt(); err != nil {
		return State{}, err
	}
	return m.State(ctx, struct{}{})
}

func (m *Mode) adopt() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.salvaged == nil || m.running || m.over {
		return fault.New(fault.Conflict, "There is no finished copy to start with. Salvage first.").WithCode("nothing_salvaged")
	}
	aside, err := m.file.Adopt()
	if err != nil {
		return err
	}
	m.log.Warn("salvaged copy is in place", "aside", aside)
	m.aside, m.over = aside, true
	m.ended <- Start
	return nil
}

// Quit ends the process; everything stays as it is.
func (m *Mode) Quit(context.Context, struct{}) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.over {
		return "EcoFlow is leaving recovery.", nil
	}
	m.over = true
	m.ended <- Quit
	return "EcoFlow ends. Everything stays as it is.", nil
}

// Download hands the file out.
func (m *Mode) Download() (name, contentType string, write func(io.Writer) error, err error) {
	return m.file.Download()
}
