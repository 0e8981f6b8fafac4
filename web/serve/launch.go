package serve

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"ecoflow/app/auth"
	"ecoflow/app/config"
	"ecoflow/app/fault"
	"ecoflow/app/instance"
	"ecoflow/app/system"
)

// show opens a browser on a launch page or address, or says what to open.
func show(o instance.Options, target string) {
	if !o.NoBrowser {
		err := instance.Browse(target)
		if err == nil {
			return
		}
		fmt.Println("No browser could be opened:", err)
	}
	fmt.Println("Open this in a browser:", target)
}

// greet says where the product is, opens a browser on it, and shows the setup code
// where somebody has to set it up.
func (p *process) greet(ctx context.Context) error {
	code, err := p.product.Setup.Code(ctx)
	if err != nil {
		return err
	}
	if p.folder.ReadOnly() {
		fmt.Println("The data folder cannot be written. What is deployed runs and everything can be looked at; nothing can be changed until EcoFlow is started on a folder that can be written.")
	} else if code != "" {
		if err := p.folder.WriteSetupCode(code); err != nil {
			return err
		}
		fmt.Println("Setup code:", code)
	}
	if s := p.config.Get(); !s.Loopback() && !s.HTTPS.Enabled && len(s.TrustedProxies) == 0 {
		fmt.Println("Others can reach this listener, and nothing encrypts what they send: put a reverse proxy with TLS in front of it.")
	}
	fmt.Println("EcoFlow is ready at", p.front.Address())
	if !p.product.HasWindow() {
		sayNoWindow(p.status())
		return nil
	}
	if p.left != nil {
		return nil // whoever looks at it has a window
	}
	target, err := p.window()
	if err != nil {
		return err
	}
	fault.Go(p.log, "browser", func() { show(p.Options, target) })
	return nil
}

// sayNoWindow says where the API is, in the place of a window that is switched off.
func sayNoWindow(s instance.Status) {
	fmt.Printf("The window is switched off (editor.enabled). The API is at %s\n", s.API)
}

// window returns what a browser has to open: in local mode a page that signs in
// whoever can read the data folder, else the address; "" while it is switched off.
func (p *process) window() (string, error) {
	if !p.product.HasWindow() {
		return "", nil
	}
	address := p.front.Address() + "/_/"
	if !p.local() {
		return address, nil
	}
	token := p.product.Accounts.LaunchToken()
	link := address + "launch#" + token
	if p.folder.ReadOnly() {
		return link, nil
	}
	page, err := p.folder.WriteLaunch(link)
	if err != nil {
		return "", err
	}
	p.run("launch page", func() { p.watchLaunch(page, link, token) })
	return page, nil
}

// becomeLocal opens a browser for the person at this machine once nobody has to sign
// in any more: it is they who can confirm it.
func (p *process) becomeLocal(s config.Settings) {
	if was := p.wasLocal.Swap(s.Local()); was || !s.Local() {
		return
	}
	target, err := p.window()
	if err != nil || target == "" {
		p.warn("no window for the person at this machine", err)
		return
	}
	fault.Go(p.log, "browser", func() { show(p.Options, target) })
}

// watchLaunch removes a launch page once it is used or too old. A browser that has
// not asked by sandboxTime may not read the page (sandboxed installs): it gets the
// link itself, which dies on first use.
func (p *process) watchLaunch(page, link, token string) {
	defer func() { p.warn("launch page stays", p.folder.RemoveLaunch(page)) }()
	direct, late := time.After(sandboxTime), time.After(auth.LaunchTime)
	used := p.product.Accounts.LaunchGone(token)
	for {
		select {
		case <-direct:
			if !p.NoBrowser {
				p.warn("browser not opened", instance.Browse(link))
			}
		case <-used:
			return
		case <-late:
			return
		case <-p.system.StopAsked():
			return
		}
	}
}

// status is what other processes of the same person are told.
func (p *process) status() instance.Status {
	mode := "auth"
	if p.local() {
		mode = "local"
	}
	s := instance.Status{
		PID: os.Getpid(), Address: p.front.Address(), Folder: p.folder.Path(), Mode: mode,
		State: string(p.system.State()), Version: system.Version(), Uptime: p.system.Uptime().Seconds(),
	}
	if s.NoWindow = !p.product.HasWindow(); s.NoWindow {
		s.API = s.Address + strings.TrimSuffix(p.config.Get().Router.Prefix, "/")
	}
	if p.left != nil {
		s.Failure = p.left.Failure
	}
	return s
}
