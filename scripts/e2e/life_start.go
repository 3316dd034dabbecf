package e2e

import (
	"context"
	"fmt"
	"path/filepath"
)

// signerFunds is what each relayer's account on the original chain has, to create vault accounts with.
const signerFunds = 1_000_000

// heartbeatBlocks is the interval of heartbeats in the small network.
const heartbeatBlocks = 5

// people of the original chain, and users of StaFi.
const (
	staker   = "staker"
	outsider = "outsider"
	agent    = "agent"

	holder = "holder"
	friend = "friend"
	crowd  = "crowd"
	// newcomer holds nothing until somebody sends it rTokens.
	newcomer = "newcomer"
)

// start brings both chains up. Relayers start with their configuration before they are registered, as operators would.
func (l *Life) start(ctx context.Context) error {
	dir := l.stafi.Dir
	network, err := CreateNetwork(ctx, l.supervisor, NetworkConfig{
		Binary: l.stafi.Binary, Dir: dir, Validators: validators, Users: []string{holder, friend, crowd, newcomer},
		Pace: l.measure.Pace,
	})
	if err != nil {
		return fmt.Errorf("create network: %w", err)
	}
	l.stafi = network
	funded, err := l.signersFunds()
	if err != nil {
		return err
	}
	err = Together(ctx, network.Start, func(ctx context.Context) (err error) {
		l.original, l.people, err = StartCounterparty(ctx, l.supervisor, CounterpartyConfig{
			Binary: l.original.Binary, Dir: dir, Pace: l.measure.Pace, Funded: funded, Users: []string{staker, outsider, agent},
		})
		return err
	})
	if err != nil {
		return err
	}
	l.report.Say("StaFi %s: %d validators, blocks of %s, first RPC http://%s", network.ID, validators, network.BlockTime, network.Operators[0].NodeRPC)
	l.report.Say("original chain %s: wasmd, RPC http://%s", l.original.ID, l.original.RPCAddress)
	l.report.Say("logs in %s", filepath.Join(dir, "logs"))
	return nil
}

// signersFunds are what the relayers' accounts on the original chain have.
func (l *Life) signersFunds() (map[string]int64, error) {
	funded := map[string]int64{}
	for _, operator := range l.stafi.Operators {
		address, err := (&Chain{Prefix: counterpartyPrefix}).Translate(operator.Signer.Address)
		if err != nil {
			return nil, err
		}
		funded[address] = signerFunds
	}
	return funded, nil
}
