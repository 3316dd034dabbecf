package e2e

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"cosmossdk.io/math"

	contracttypes "github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

const (
	// quickValidators all serve: genesis names them the first contract's committee.
	quickValidators = committeeSize
	// quickBlock is the time between blocks at pace 1: four validators make little work.
	quickBlock = 500 * time.Millisecond
	// quickAge of genesis is an era, so that the first one, whose end seats the committee, is over at once.
	quickAge = time.Minute
)

// Quickstart shows the shortest way from a deposit to a payout, on four validators whose committee
// genesis names. It returns nil only if the redemption was paid on the original chain.
func Quickstart(ctx context.Context, config Config) (err error) {
	ctx, life, finish, err := newLife(ctx, config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, finish()) }()
	err = life.run(ctx, []step{
		{fmt.Sprintf("start the original chain, %d StaFi validators and their relayers", quickValidators), life.quickStart},
		{"deploy the contract by governance, and wait for the committee's vault", life.quickDeploy},
		{"stake: fund the reserve, deposit, receive rTokens", life.quickStake},
		{"redeem: get paid on the original chain", life.quickRedeem},
	})
	if err != nil {
		return err
	}
	life.report.Summary()
	return nil
}

func (l *Life) quickStart(ctx context.Context) (err error) {
	dir, pace := l.stafi.Dir, l.measure.Pace
	block := pace.Of(quickBlock)
	l.stafi, err = CreateNetwork(ctx, l.supervisor, NetworkConfig{
		Binary: l.stafi.Binary, Dir: dir, Validators: quickValidators, Users: []string{holder}, Pace: pace, BlockTime: quickBlock,
		Age: max(quickAge, smallEraBlocks*block), Committee: fmt.Sprintf("%s=%d", counterpartyID, committeeThreshold),
	})
	if err != nil {
		return fmt.Errorf("create network: %w", err)
	}
	funded, err := l.signersFunds()
	if err != nil {
		return err
	}
	err = Together(ctx, l.stafi.Start, func(ctx context.Context) (err error) {
		l.original, l.people, err = StartCounterparty(ctx, l.supervisor, CounterpartyConfig{
			Binary: l.original.Binary, Dir: dir, Pace: pace, Funded: funded, Users: []string{staker},
		})
		return err
	})
	if err != nil {
		return err
	}
	for _, operator := range l.stafi.Operators {
		if err := l.configureRelayer(operator, l.original.RPCAddress); err != nil {
			return err
		}
	}
	l.report.Say("StaFi %s, first RPC http://%s; original chain %s: wasmd, RPC http://%s",
		l.stafi.ID, l.stafi.Operators[0].NodeRPC, l.original.ID, l.original.RPCAddress)
	l.report.Say("logs in %s", filepath.Join(dir, "logs"))
	return l.stafi.StartRelayers()
}

func (l *Life) quickDeploy(ctx context.Context) error {
	authority, err := l.stafi.GovernanceAddress()
	if err != nil {
		return err
	}
	message, err := l.contractMessage(ctx, authority)
	if err != nil {
		return err
	}
	ended, err := l.stafi.Decide(ctx, Proposal{"Deploy the contract for COSM", message})
	if err != nil {
		return err
	}
	if err := Passed(ended[0]); err != nil {
		return err
	}
	l.contract = 1
	l.books = NewBooks(math.NewInt(minDeposit), stafiPrefix)
	vault, err := l.awaitActive(ctx, "the committee's vault to be active", func(uint64) bool { return true })
	if err != nil {
		return err
	}
	operators, err := l.signersOf(ctx, vault.Id)
	if err != nil {
		return err
	}
	l.report.Say("vault %s, %d of %d: %s", vault.Address, vault.Threshold, len(operators), l.stafi.Names(operators))
	return nil
}

func (l *Life) quickStake(ctx context.Context) error {
	if err := l.fundReserve(ctx); err != nil {
		return err
	}
	begin := time.Now()
	deposit, err := l.firstDeposit(ctx)
	if err != nil {
		return err
	}
	l.report.Fact("deposit %X of %s: rTokens after %s", deposit.TxHash, l.original.Coin(firstDeposit), seconds(time.Since(begin)))
	return l.expectRTokens(ctx, holder, firstDeposit)
}

func (l *Life) quickRedeem(ctx context.Context) error {
	recipient, begin := l.original.Fresh("holder"), time.Now()
	id, _, err := l.stafi.RedeemByCommand(ctx, l.stafi.Users[holder], l.contract, Payout{math.NewInt(firstRedeem), recipient})
	if err != nil {
		return err
	}
	if err := l.expectPaid(ctx, id, recipient, firstRedeem); err != nil {
		return err
	}
	l.report.Fact("redemption %d of %s: %s after %s", id, l.rTokens(firstRedeem), contracttypes.REDEMPTION_STATUS_PAID, seconds(time.Since(begin)))
	return l.expectRTokens(ctx, holder, firstDeposit-firstRedeem)
}
