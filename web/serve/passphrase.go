package serve

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"ecoflow/app/instance"
	"ecoflow/app/secret"
)

// passphraseTries is how often somebody at a terminal may try.
const passphraseTries = 3

// unlock asks for the passphrase that the key of a folder's secrets is made from,
// where one was chosen or is to be. The key is left where the rest of the process,
// and its successors, look for one.
func unlock(o instance.Options, folder *instance.Folder) error {
	path := filepath.Join(folder.Path(), secret.PassphraseFile)
	kept, err := secret.ReadPassphrase(path)
	if err != nil || os.Getenv(secret.KeyVariable) != "" || kept == nil && !o.AskPassphrase {
		return err
	}
	in := bufio.NewReader(os.Stdin)
	if kept == nil {
		return choosePassphrase(in, path)
	}
	for range passphraseTries {
		text, terminal, err := askSecretly(in, "Passphrase: ")
		if err != nil {
			return err
		}
		if key, ok := kept.Key(text); ok {
			return os.Setenv(secret.KeyVariable, key)
		}
		fmt.Fprintln(os.Stderr, "This is not the passphrase of the folder.")
		if !terminal {
			break
		}
	}
	return errors.New("the secrets stay locked without the passphrase")
}

func choosePassphrase(in *bufio.Reader, path string) error {
	text, terminal, err := askSecretly(in, "Choose a passphrase for the secrets in the data folder: ")
	if err != nil {
		return err
	}
	if utf8.RuneCountInString(text) < secret.PassphraseMin {
		return fmt.Errorf("a passphrase has %d characters at least", secret.PassphraseMin)
	}
	if terminal {
		again, _, err := askSecretly(in, "Once more: ")
		if err != nil {
			return err
		}
		if again != text {
			return errors.New("the two are not the same")
		}
	}
	kept, key := secret.NewPassphrase(text)
	if err := kept.Write(path); err != nil {
		return err
	}
	return os.Setenv(secret.KeyVariable, key)
}

// askSecretly reads a line that a terminal does not show.
func askSecretly(in *bufio.Reader, question string) (line string, terminal bool, err error) {
	show, terminal := hideTyping(os.Stdin)
	if terminal {
		fmt.Fprint(os.Stderr, question)
	}
	line, err = in.ReadString('\n')
	if terminal {
		show()
		fmt.Fprintln(os.Stderr)
	}
	if line == "" && err != nil {
		return "", terminal, fmt.Errorf("the key of the secrets is made from a passphrase: start EcoFlow in a terminal, or set %s", secret.KeyVariable)
	}
	return strings.TrimRight(line, "\r\n"), terminal, nil
}
