package ethereum

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core"

	lightethereum "github.com/stafiprotocol/stafid/lightclient/ethereum"
	"github.com/stafiprotocol/stafid/lightclient/ethereum/beacon"
	"github.com/stafiprotocol/stafid/scripts/e2e"
)

const (
	// SlotDuration is the shortest that Lodestar takes, whole seconds.
	SlotDuration = time.Second
	// validators is the fewest that fill a slot's committees of the minimal preset.
	validators = 16
	// genesisDelay, with slots of a second, is how long after its start Lodestar makes genesis: it
	// takes about seven seconds to load on a quiet machine.
	genesisDelay = 15
	// startLimit is far above what a client takes until it answers.
	startLimit = 10 * time.Minute
)

// Config says what to run and where to keep it. Failed is told of a client that
// ends by itself, from another goroutine. Funded accounts have that much at
// genesis, in wei, beside those of Key. Beacons is how many consensus clients run:
// one, or with a second one that has no validators and follows the first.
type Config struct {
	Dir      string
	Binaries Binaries
	Failed   func(error)
	Funded   map[common.Address]*big.Int
	Beacons  int
	// Slot is the time between blocks in whole seconds; 0 is SlotDuration. Where the machine is slower
	// than two quiet cores the clients need more: votes are worth something only in a part of a slot.
	Slot time.Duration
}

func (c Config) slot() time.Duration { return max(c.Slot, SlotDuration) }

// Peers are the running clients. Execution and Beacons are their HTTP addresses,
// Beacon the first of the latter; Network is what that one says the network is.
type Peers struct {
	Execution string
	Beacon    string
	Beacons   []string
	Network   beacon.Network
	Started   time.Time

	genesis    *core.Genesis
	supervisor *e2e.Supervisor
	lodestars  []*e2e.Process
	stop       context.CancelFunc
}

// Definition is the network as a light client or a relayer opens it.
func (p *Peers) Definition() lightethereum.Network {
	return lightethereum.Network{Name: "stafi-test", ChainID: ChainID, Consensus: p.Network}
}

// Start runs both clients in a new directory and waits until both answer; the
// network's genesis may be still to come. What it started it stops when it fails.
func Start(ctx context.Context, cfg Config) (*Peers, error) {
	supervisor, err := e2e.NewSupervisor(filepath.Join(cfg.Dir, "logs"), cfg.Failed)
	if err != nil {
		return nil, err
	}
	genesis, err := Genesis(cfg.Funded)
	if err != nil {
		return nil, err
	}
	background, stop := context.WithCancel(ctx)
	p := &Peers{genesis: genesis, supervisor: supervisor, Started: time.Now(), stop: stop}
	if err := p.start(ctx, background, cfg); err != nil {
		return nil, errors.Join(err, p.Stop())
	}
	return p, nil
}

func (p *Peers) start(ctx, background context.Context, cfg Config) error {
	secret := filepath.Join(cfg.Dir, "jwt.hex")
	if err := writeSecret(secret); err != nil {
		return err
	}
	engine, err := p.startGeth(ctx, cfg, secret)
	if err != nil {
		return err
	}
	beacons := max(cfg.Beacons, 1)
	port, err := e2e.FreeRange(2 * beacons)
	if err != nil {
		return err
	}
	shared := lodestarConfig{secret: secret, engine: engine, genesis: time.Now().Add(genesisDelay * cfg.slot()), port: port}
	for i := range beacons {
		if err := p.startLodestar(cfg, i, shared); err != nil {
			return err
		}
	}
	p.Beacon = p.Beacons[0]
	if p.Network, err = awaitNetwork(ctx, p.Beacon); err != nil {
		return err
	}
	for _, follower := range p.Beacons[1:] {
		if _, err := awaitNetwork(ctx, follower); err != nil {
			return err
		}
		go keepConnected(background, p.Beacon, follower)
	}
	return nil
}

// writeSecret makes what the two clients authenticate each other by.
func writeSecret(path string) error {
	secret := make([]byte, 32)
	if _, err := rand.Read(secret); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(hex.EncodeToString(secret)), 0o600)
}

// startGeth returns the address that the consensus client drives it by.
func (p *Peers) startGeth(ctx context.Context, cfg Config, secret string) (engine string, err error) {
	home, genesis := filepath.Join(cfg.Dir, "geth"), filepath.Join(cfg.Dir, "genesis.json")
	if err := writeGenesis(genesis, p.genesis); err != nil {
		return "", err
	}
	if _, err := e2e.Run(ctx, cfg.Binaries.Geth, "init", "--datadir", home, "--state.scheme", "hash", genesis); err != nil {
		return "", err
	}
	base, err := e2e.FreeRange(2)
	if err != nil {
		return "", err
	}
	p.Execution = "http://127.0.0.1:" + strconv.Itoa(base)
	engine = "http://127.0.0.1:" + strconv.Itoa(base+1)
	_, err = p.supervisor.Start("geth", cfg.Binaries.Geth,
		"--datadir", home, "--networkid", strconv.Itoa(ChainID), "--syncmode", "full", "--gcmode", "archive", "--state.scheme", "hash", "--cache", "256",
		"--ipcdisable", "--nodiscover", "--maxpeers", "0", "--port", "0", "--nat", "none",
		"--http", "--http.addr", "127.0.0.1", "--http.port", strconv.Itoa(base), "--http.api", "eth,net,web3",
		"--authrpc.addr", "127.0.0.1", "--authrpc.port", strconv.Itoa(base+1), "--authrpc.jwtsecret", secret)
	if err != nil {
		return "", err
	}
	return engine, awaitExecution(ctx, p.Execution, p.genesis.ToBlock().Hash())
}

// Stop ends the clients and waits until they have ended. Lodestar does not heed
// SIGTERM, and what it keeps is of no further use: it is killed.
func (p *Peers) Stop() error {
	p.stop()
	for _, lodestar := range p.lodestars {
		lodestar.Kill()
	}
	return p.supervisor.StopAll()
}
