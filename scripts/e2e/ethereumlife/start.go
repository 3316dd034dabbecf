package ethereumlife

import (
	"context"
	"fmt"
	"math/big"
	"path/filepath"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/stafiprotocol/stafid/scripts/e2e"
	"github.com/stafiprotocol/stafid/scripts/ethereum"
	vault "github.com/stafiprotocol/stafid/x/multisig/vault/ethereum"
)

// funderKey is the name of the key of the account that pays for a relayer's transactions; the signer's key signs payloads and nothing else.
const funderKey = "funder"

// chainID is the Ethereum network's name on StaFi.
func chainID() string { return vault.ChainID(ethereum.ChainID) }

// start brings both networks up, with every validator registered as a candidate and its relayer running.
func (l *Life) start(ctx context.Context) (err error) {
	l.stafi, err = e2e.CreateNetwork(ctx, l.supervisor, e2e.NetworkConfig{
		Binary: l.config.Stafid, Dir: l.config.Dir, Validators: validators, Users: []string{holder, friend}, Pace: l.measure.Pace,
	})
	if err != nil {
		return fmt.Errorf("create network: %w", err)
	}
	if err := l.makeFunders(); err != nil {
		return err
	}
	if err := e2e.Together(ctx, l.startPeers, l.startCandidates); err != nil {
		return err
	}
	if err := l.startRelayers(); err != nil {
		return err
	}
	l.report.Say("StaFi %s: %d validators and relayers, blocks of %s, first RPC http://%s", l.stafi.ID, validators, l.stafi.BlockTime, l.stafi.Operators[0].NodeRPC)
	l.report.Say("Ethereum network %s: geth at %s, Lodestar at %s, slots of %s", chainID(), l.peers.Execution, l.peers.Beacon, l.slotTime())
	l.report.Say("logs in %s", filepath.Join(l.config.Dir, "logs"))
	return nil
}

// makeFunders gives each relayer a key of its own for what it sends to the Ethereum network.
func (l *Life) makeFunders() error {
	for _, operator := range l.stafi.Operators {
		account, err := l.stafi.CreateKey(operator.RelayerHome, funderKey)
		if err != nil {
			return err
		}
		key, err := l.stafi.PrivateKey(account)
		if err != nil {
			return err
		}
		private, err := crypto.ToECDSA(key.Key)
		if err != nil {
			return err
		}
		l.funders = append(l.funders, crypto.PubkeyToAddress(private.PublicKey))
	}
	return nil
}

func (l *Life) startPeers(ctx context.Context) (err error) {
	funded := map[common.Address]*big.Int{}
	for _, funder := range l.funders {
		funded[funder] = funderFunds
	}
	l.peers, err = ethereum.Start(ctx, ethereum.Config{
		Dir: filepath.Join(l.config.Dir, "ethereum"), Binaries: l.config.Peers, Failed: l.failed, Funded: funded,
		Slot: l.slotTime(),
	})
	if err != nil {
		return err
	}
	l.chain = &Chain{address: l.peers.Execution}
	l.gate, err = OpenGate(l.peers.Execution)
	return err
}

// startCandidates runs the validators and enters each in the candidate register.
func (l *Life) startCandidates(ctx context.Context) error {
	if err := l.stafi.Start(ctx); err != nil {
		return err
	}
	return l.stafi.RegisterAll(e2e.Watching(ctx, l.stafi.Watch()), chainID())
}

// startRelayers tells each relayer of the network, of which the definition is in a file, and starts it.
func (l *Life) startRelayers() error {
	definition := filepath.Join(l.config.Dir, "network.json")
	if err := l.peers.Definition().WriteFile(definition); err != nil {
		return err
	}
	for _, operator := range l.stafi.Operators {
		if err := operator.AddChain(l.relayerChain(definition)); err != nil {
			return err
		}
	}
	return l.stafi.StartRelayers()
}
