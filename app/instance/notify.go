package instance

import (
	"net"
	"os"
)

// Supervised reports whether a service manager wants to hear how the process is.
func Supervised() bool { return os.Getenv("NOTIFY_SOCKET") != "" }

// Notify tells the service manager, if there is one, in the words of sd_notify(3).
func Notify(state string) error {
	if !Supervised() {
		return nil
	}
	line, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: os.Getenv("NOTIFY_SOCKET"), Net: "unixgram"})
	if err != nil {
		return err
	}
	defer line.Close()
	_, err = line.Write([]byte(state))
	return err
}
