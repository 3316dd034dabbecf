// Command demo runs the system's whole life on real processes and prints it as it happens. Its exit status is 0 only if every
// figure adds up. With -ethereum the original chain is an Ethereum network, of geth and Lodestar. With -leave-running it starts the network
// whose original chain is wasmd, deploys the contract, and leaves it running. With -quickstart it shows the shortest way from a deposit to a payout.
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
	"github.com/stafiprotocol/stafid/scripts/e2e/ethereumlife"
	"github.com/stafiprotocol/stafid/scripts/ethereum"
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
	onEthereum := flag.Bool("ethereum", false, "with an Ethereum network as original chain")
	quickstart := flag.Bool("quickstart", false, "deposit, redeem and get paid on four validators, and nothing else")
	paceText := flag.String("pace", "", "by how much the networks go slower than on two quiet cores, 1 to 8; empty: as measured")
	flag.Parse()
	pace, err := e2e.ParsePace(*paceText)
	if err != nil {
		return err
	}

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
	switch {
	case *onEthereum && (*leaveRunning || *quickstart):
		err = errors.New("-leave-running and -quickstart do not go with -ethereum")
	case *onEthereum:
		err = liveOnEthereum(ctx, absolute, place, pace)
	case *quickstart:
		err = e2e.Quickstart(ctx, onCosmos(absolute, place, pace))
	default:
		err = liveOnCosmos(ctx, onCosmos(absolute, place, pace), *leaveRunning)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "homes and logs are kept in", place)
		return err
	}
	return remove()
}

func onCosmos(root, place string, pace e2e.Pace) e2e.Config {
	config := e2e.Config{Dir: place, Out: os.Stdout, Pace: pace}
	config.Stafid, config.Wasmd = e2e.DefaultBinaries(root)
	return config
}

func liveOnCosmos(ctx context.Context, config e2e.Config, leaveRunning bool) error {
	if leaveRunning {
		return e2e.LeaveRunning(ctx, config, func(l *e2e.Life) { l.PrintCommands() })
	}
	return e2e.Live(ctx, config)
}

func liveOnEthereum(ctx context.Context, root, place string, pace e2e.Pace) error {
	peers, err := ethereum.FindBinaries(root)
	if err != nil {
		return err
	}
	config := ethereumlife.Config{Peers: peers, Dir: place, Out: os.Stdout, Pace: pace}
	config.Stafid, _ = e2e.DefaultBinaries(root)
	return ethereumlife.Live(ctx, config)
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
