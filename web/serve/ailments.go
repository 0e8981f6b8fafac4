package serve

import (
	"context"
	"fmt"
	"slices"
	"time"

	"ecoflow/app/fault"
	"ecoflow/app/log"
	"ecoflow/app/secret"
	"ecoflow/app/system"
	"ecoflow/storage"
)

// safeMode reports whether this process runs no flow: because it was told so, or
// because its predecessors crashed one after the other (R9), which is when.
func (p *process) safeMode() (safe bool, crashes []time.Time) {
	told := p.Safe
	if p.left != nil && p.left.Safe != nil {
		if told = *p.left.Safe; !told {
			p.warn("crashes are not forgotten", p.folder.ForgetCrashes())
		}
	}
	crashes, killed, err := p.folder.WatchCrashes(time.Now())
	p.warn("crashes are not watched", err)
	if killed {
		p.log.Warn("the process before was killed, by somebody or because memory was short")
	}
	if len(crashes) < crashesToo {
		return told, nil
	}
	fmt.Printf("EcoFlow crashed %d times within a minute. It starts in safe mode: you can manage it, and no flow runs.\n", len(crashes))
	return true, crashes
}

// parts are what the process stands on, as parts whose health is watched.
func (p *process) parts(db *storage.DB, keys *secret.Keyring, records *log.Log) []system.Part {
	parts := []system.Part{db.Part(), secretsPart(db, keys), logPart(records), {Name: "certificate", Look: p.certificate}, {Name: "doors", Look: p.doorsOpen}}
	if p.folder.ReadOnly() { // however full its disk is, nothing gets less
		return parts
	}
	return slices.Insert(parts, 1, system.DiskPart(p.folder.Path()))
}

// certificate is how the certificate for https is. Before the doors are open there is
// none.
func (p *process) certificate(context.Context) system.Finding {
	if front := p.doors.Load(); front != nil {
		return front.Finding()
	}
	return system.Finding{Absent: true}
}

// doorsOpen is whether all that the settings want is served.
func (p *process) doorsOpen(context.Context) system.Finding {
	if front := p.doors.Load(); front != nil {
		return front.Doors()
	}
	return system.Finding{Absent: true}
}

// mendStep is how often it is tried again to open what could not be opened.
const mendStep = 5 * time.Second

// mendDoors opens what could not be opened once it can be.
func (p *process) mendDoors(ctx context.Context) {
	again := time.NewTicker(mendStep)
	defer again.Stop()
	for {
		select {
		case <-again.C:
			p.front.Mend(ctx)
		case <-p.system.StopAsked():
			return
		}
	}
}

// keyRemadeText says what it means that a key file was remade.
const keyRemadeText = "The key file was missing at this start, and a new one was made. Secrets from before cannot be read: enter them again, or stop EcoFlow and bring the key file back."

// keyRemade reports whether the key file of a folder with data in it had gone.
func keyRemade(db *storage.DB, keys *secret.Keyring) bool {
	return keys.Made() && keys.Problem() == "" && !db.Created()
}

// secretsPart watches whether the secrets can be read.
func secretsPart(db *storage.DB, keys *secret.Keyring) system.Part {
	return system.Part{Name: "secrets", Look: func(context.Context) system.Finding {
		if problem := keys.Problem(); problem != "" {
			return system.Finding{Condition: system.Failed, Reason: problem, Trouble: "secrets"}
		}
		if keyRemade(db, keys) {
			return system.Finding{Condition: system.Warning, Reason: keyRemadeText}
		}
		return system.Finding{Reason: "Secrets are encrypted, and the key is there."}
	}}
}

// logPart watches whether the log is written.
func logPart(records *log.Log) system.Part {
	return system.Part{Name: "log", Look: func(context.Context) system.Finding {
		dropped := records.Dropped()
		switch why := records.Failing(); {
		case why != "":
			return system.Finding{Condition: system.Failed, Reason: "The log cannot be written: " + fault.Sentence(why)}
		case dropped > 0:
			return system.Finding{Reason: fmt.Sprintf("The log is written; %d records were dropped since the start because they came too fast or could not be written.", dropped)}
		}
		return system.Finding{Reason: "The log is written."}
	}}
}

// folderIsBack makes a data folder ours again that was gone for a while.
func (p *process) folderIsBack() error {
	if back := p.back.Load(); back != nil {
		return (*back)()
	}
	return nil // it was gone before it was announced
}

// diskIsFull has the reserve given up, so that there is room to delete something.
func (p *process) diskIsFull() {
	select {
	case p.full <- struct{}{}:
	default: // it is under way
	}
}

// keepReserve holds the reserve from wait on and while there is room for it: until
// the disk is full, and again after somebody made room. Without it the log rests, or
// it would take the room that was given up for something better.
func (p *process) keepReserve(records *log.Log, wait time.Duration) {
	due := time.NewTimer(wait)
	defer due.Stop()
	records.Rest(wait > 0)
	for {
		select {
		case <-due.C:
			if p.folder.Reserve() != nil {
				due.Reset(reserveStep)
				continue
			}
			records.Rest(false)
		case <-p.full:
			p.log.Warn("the disk is full; the reserve is given up, and the log rests")
			records.Rest(true)
			p.warn("the reserve stays", p.folder.ReleaseReserve())
			due.Reset(reserveStep)
		case <-p.system.StopAsked():
			p.warn("the reserve stays", p.folder.ReleaseReserve())
			return
		}
	}
}
