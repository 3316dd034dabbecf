package localnet

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"
)

// stopGrace is what a node gets to stop by itself after SIGTERM.
const stopGrace = 20 * time.Second

// Log is the file to which the index-th node writes.
func (m Manifest) Log(index int) string { return filepath.Join(m.Nodes[index].Home, "stafid.log") }

// Run starts binary once for each node and waits. When ctx is done it stops the nodes and returns nil; where a node ends by
// itself it stops the others and says which node it was and where its log is.
func Run(ctx context.Context, binary string, manifest Manifest) error {
	group, running := errgroup.WithContext(ctx)
	for index := range manifest.Nodes {
		group.Go(func() error {
			return runNode(running, binary, manifest, index)
		})
	}
	return group.Wait()
}

func runNode(ctx context.Context, binary string, manifest Manifest, index int) error {
	node, logName := manifest.Nodes[index], manifest.Log(index)
	logFile, err := os.OpenFile(logName, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer logFile.Close()

	command := exec.CommandContext(ctx, binary, "start", "--home", node.Home, "--log_no_color")
	command.Stdout, command.Stderr = logFile, logFile
	// A group of its own: an interrupt typed at the terminal reaches the parent only, which stops its children.
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGTERM) }
	command.WaitDelay = stopGrace
	err = command.Run()
	if ctx.Err() != nil {
		return nil
	}
	return fmt.Errorf("%s ended, see %s: %w", node.Name, logName, orEnded(err))
}

func orEnded(err error) error {
	if err == nil {
		return errors.New("exit status 0")
	}
	return err
}
