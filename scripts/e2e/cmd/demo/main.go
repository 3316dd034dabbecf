// Command demo runs the system's whole life on real processes and prints it as it happens. Its exit status is 0 only if every
// figure adds up. With -leave-running it starts the same network, deploys the contract, and leaves it running.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/stafiprotocol/stafid/scripts/e2e"
)

func main() {
	if err := run(); err != nil {
		headline, _, _ := strings.Cut(err.Error(), "\n")
		fmt.Fprintln(os.Stderr, "demo:", headline)
		os.Exit(1)
	}
}

func run() error {
	root := flag.String("root", ".", "checkout whose build/ holds the binaries, unless STAFID_BIN and WASMD_BIN name them")
	dir := flag.String("dir", "", "directory for homes and logs; empty: a temporary one, which is removed when all went well")
	leaveRunning := flag.Bool("leave-running", false, "start the network and leave it running until interrupted")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	place, remove, err := directory(*dir)
	if err != nil {
		return err
	}
	absolute, err := filepath.Abs(*root)
	if err != nil {
		return err
	}
	config := e2e.Config{Dir: place, Out: os.Stdout}
	config.Stafid, config.Wasmd = e2e.DefaultBinaries(absolute)
	if *leaveRunning {
		err = e2e.LeaveRunning(ctx, config, func(l *e2e.Life) { l.PrintCommands() })
	} else {
		err = e2e.Live(ctx, config)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "homes and logs are kept in", place)
		return err
	}
	return remove()
}

// directory returns an absolute, empty directory and what removes it, if it is a temporary one.
func directory(wanted string) (place string, remove func() error, err error) {
	if wanted == "" {
		place, err = os.MkdirTemp("", "stafi-demo-")
		return place, func() error { return os.RemoveAll(place) }, err
	}
	if place, err = filepath.Abs(wanted); err != nil {
		return "", nil, err
	}
	if err := os.MkdirAll(place, 0o750); err != nil {
		return "", nil, err
	}
	entries, err := os.ReadDir(place)
	if err == nil && len(entries) > 0 {
		err = errors.New(place + " is not empty")
	}
	return place, func() error { return nil }, err
}
