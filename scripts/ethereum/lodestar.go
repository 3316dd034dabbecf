package ethereum

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// lodestarConfig is what all consensus clients of a network have in common.
type lodestarConfig struct {
	secret  string
	engine  string
	genesis time.Time
	// port and the ones after it: two for each client.
	port int
}

// startLodestar starts a consensus client; the first has all validators. Both drive the one execution client, which
// takes the same blocks from either.
func (p *Peers) startLodestar(cfg Config, index int, shared lodestarConfig) error {
	base := shared.port + 2*index
	name := "lodestar"
	if index > 0 {
		name += strconv.Itoa(index + 1)
	}
	address := "http://127.0.0.1:" + strconv.Itoa(base)
	args := []string{
		"--require", cfg.Binaries.polyfill(), cfg.Binaries.entry(), "dev",
		"--dataDir", filepath.Join(cfg.Dir, name, "data"),
		"--genesisValidators", strconv.Itoa(validators),
		"--genesisTime", strconv.FormatInt(shared.genesis.Unix(), 10), "--genesisEth1Hash", p.genesis.ToBlock().Hash().Hex(),
		"--params.ALTAIR_FORK_EPOCH", "0", "--params.BELLATRIX_FORK_EPOCH", "0", "--params.CAPELLA_FORK_EPOCH", "0",
		"--params.TERMINAL_TOTAL_DIFFICULTY", "0", "--params.SECONDS_PER_SLOT", strconv.Itoa(int(cfg.slot() / time.Second)),
		"--execution.urls", shared.engine, "--jwt-secret", shared.secret,
		"--rest", "--rest.address", "127.0.0.1", "--rest.port", strconv.Itoa(base), "--rest.namespace", "*",
		"--listenAddress", "127.0.0.1", "--port", strconv.Itoa(base + 1),
	}
	if index == 0 {
		args = append(args, "--startValidators", fmt.Sprintf("0..%d", validators-1), "--beaconNodes", address)
	}
	// It writes its genesis state, the same for all, where it is started.
	shell := []string{"-c", `mkdir -p "$1" && cd "$1" && shift && exec "$@"`, "sh", filepath.Join(cfg.Dir, name), cfg.Binaries.Node}
	process, err := p.supervisor.Start(name, "/bin/sh", append(shell, args...)...)
	if err != nil {
		return err
	}
	p.Beacons, p.lodestars = append(p.Beacons, address), append(p.lodestars, process)
	return nil
}

// connectEvery is how often a client that follows is looked after.
const connectEvery = 2 * time.Second

// keepConnected tells a client that follows where the first one is, whenever it has no peer: there is no other way to find it, as neither
// has an address that the network's discovery would take.
func keepConnected(ctx context.Context, first, follower string) {
	ticker := time.NewTicker(connectEvery)
	defer ticker.Stop()
	for {
		// One that can't be asked yet is asked again.
		_ = connectOnce(ctx, first, follower)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

func connectOnce(ctx context.Context, first, follower string) error {
	var peers struct {
		Connected string `json:"connected"`
	}
	if err := get(ctx, follower+"/eth/v1/node/peer_count", &peers); err != nil || peers.Connected != "0" {
		return err
	}
	var identity struct {
		Peer      string   `json:"peer_id"`
		Addresses []string `json:"p2p_addresses"`
	}
	if err := get(ctx, first+"/eth/v1/node/identity", &identity); err != nil {
		return err
	}
	if len(identity.Addresses) == 0 {
		return errors.New("the first consensus client names no address")
	}
	address, _, _ := strings.Cut(identity.Addresses[0], "/p2p/")
	query := url.Values{"peerId": {identity.Peer}, "multiaddr": {address}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, follower+"/eth/v1/lodestar/connect_peer?"+query.Encode(), nil)
	if err != nil {
		return err
	}
	var nothing struct{}
	return do(req, &nothing)
}
