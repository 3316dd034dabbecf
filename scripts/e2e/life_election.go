package e2e

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"cosmossdk.io/math"

	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	ssvtypes "github.com/stafiprotocol/stafid/x/ssv/types"
	contracttypes "github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

const (
	// eraLimit is an era of 60 blocks, or of some more where they are fast, and what its change may take.
	eraLimit Blocks = 150
	// firstElectionLimit is how long it takes to the first election: beacon keys deal from the era after their registration.
	firstElectionLimit = 2 * eraLimit
	// handoverLimit is what a committee gets from its election to an ACTIVE vault.
	handoverLimit Blocks = 120
	// vestingAmount that the outsider locks at the vault's address.
	vestingAmount = 7
)

// firstElection stops the relayers before the era ends, so that an outsider can make the elected committee's vault address a
// locked vesting account before anybody uses it. That prevents nothing: the vault uses it all the same.
func (l *Life) firstElection(ctx context.Context) error {
	era, err := l.awaitFreeze(ctx, validators)
	if err != nil {
		return err
	}
	for _, operator := range l.stafi.Operators {
		operator.Relayer.Pause()
	}
	taken, err := l.awaitPendingVault(ctx)
	if err != nil {
		return err
	}
	before, err := l.awaitCommittee(ctx, era+1)
	if err != nil {
		return err
	}
	l.report.Say("era %d: elected %s", before.Era, l.stafi.Names(members(before)))
	if err := l.takeAddress(ctx, taken.Address); err != nil {
		return err
	}
	for _, operator := range l.stafi.Operators {
		operator.Relayer.Resume()
	}
	active, err := l.awaitActive(ctx, "the vault to be active in spite of it", func(uint64) bool { return true })
	if err != nil {
		return err
	}
	return l.showLocked(ctx, before, taken, active)
}

// waitForFirstVault is the first election without an outsider.
func (l *Life) waitForFirstVault(ctx context.Context) error {
	active, err := l.awaitActive(ctx, "the first vault to be active", func(uint64) bool { return true })
	if err != nil {
		return err
	}
	l.report.Say("vault %d at %s takes deposits", active.Id, active.Address)
	return nil
}

// awaitFreeze waits until there is a pool and a seed for an election that the contract takes part in, and returns the era that it ends.
func (l *Life) awaitFreeze(ctx context.Context, want uint32) (uint64, error) {
	freeze, err := Await(ctx, "the frozen pool of the first election", firstElectionLimit, func(ctx context.Context) (ssvtypes.Freeze, bool, error) {
		answer, err := l.stafi.ssv().Pool(ctx, &ssvtypes.QueryPoolRequest{})
		if err != nil {
			return ssvtypes.Freeze{}, false, err
		}
		demanded := slices.ContainsFunc(answer.Freeze.Demands, func(demand ssvtypes.Demand) bool { return demand.Contract == l.contract })
		return answer.Freeze, demanded && answer.Freeze.Status == ssvtypes.FREEZE_STATUS_DONE && len(answer.Freeze.Seed) > 0, nil
	})
	if err != nil {
		return 0, err
	}
	if freeze.Admitted != want {
		return 0, fmt.Errorf("%w: %d candidates in the pool of era %d, want %d", errUnexpected, freeze.Admitted, freeze.Era, want)
	}
	l.report.Say("pool of era %d frozen at block %d: %d candidates, bonded power %d", freeze.Era, freeze.Height, freeze.Admitted, freeze.BondedPower)
	return freeze.Era, nil
}

func (l *Life) awaitCommittee(ctx context.Context, era uint64) (ssvtypes.Committee, error) {
	return Await(ctx, fmt.Sprintf("the committee of era %d", era), eraLimit, func(ctx context.Context) (ssvtypes.Committee, bool, error) {
		committee, found, err := l.stafi.Committee(ctx, l.contract)
		return committee, found && committee.Era >= era, err
	})
}

func (l *Life) awaitPendingVault(ctx context.Context) (multisigtypes.Vault, error) {
	return Await(ctx, "a vault to be made", eraLimit, func(ctx context.Context) (multisigtypes.Vault, bool, error) {
		vaults, err := l.stafi.Vaults(ctx, l.contract)
		if err != nil || len(vaults) == 0 {
			return multisigtypes.Vault{}, false, err
		}
		newest := vaults[len(vaults)-1]
		return newest, newest.Status == multisigtypes.VAULT_STATUS_PENDING, nil
	})
}

// awaitActive waits until a vault that is wanted is ACTIVE and no handover is open.
func (l *Life) awaitActive(ctx context.Context, what string, wanted func(vault uint64) bool) (multisigtypes.Vault, error) {
	info, err := Await(ctx, what, firstElectionLimit+handoverLimit, func(ctx context.Context) (contracttypes.ContractInfo, bool, error) {
		info, err := l.stafi.Contract(ctx, l.contract)
		settled := info.State.ActiveVault != 0 && wanted(info.State.ActiveVault) && info.State.Handover == contracttypes.HANDOVER_STAGE_NONE
		return info, settled, err
	})
	if err != nil {
		return multisigtypes.Vault{}, err
	}
	answer, err := l.stafi.Vault(ctx, info.State.ActiveVault)
	if err != nil {
		return multisigtypes.Vault{}, err
	}
	return answer.Vault, nil
}

// takeAddress is the outsider's attempt: an account that exists and whose funds are locked for years.
func (l *Life) takeAddress(ctx context.Context, address string) error {
	from := l.people[outsider]
	receipt, err := l.original.SendMessages(ctx, from, "", 0, encode(map[string]any{
		"@type": "/cosmos.vesting.v1beta1.MsgCreateVestingAccount", "from_address": from.Address, "to_address": address,
		"amount": coins(vestingAmount, l.original.Denom), "end_time": fmt.Sprint(time.Now().AddDate(5, 0, 0).Unix()), "delayed": false,
	}))
	if err := errors.Join(err, receipt.Failed()); err != nil {
		return fmt.Errorf("create a vesting account at the vault's address: %w", err)
	}
	l.report.Say("an outsider made the vault's address %s a locked vesting account in %s", address, receipt.Hash)
	return nil
}

// showLocked wants the vault at the address that was taken to be active, its members to be those elected, and the locked coins out of the books.
func (l *Life) showLocked(ctx context.Context, before ssvtypes.Committee, taken, active multisigtypes.Vault) error {
	if active.Id != taken.Id || active.Address != taken.Address {
		return fmt.Errorf("%w: vault %d at %s is active, want vault %d at %s", errUnexpected, active.Id, active.Address, taken.Id, taken.Address)
	}
	ledgers, err := l.stafi.Ledgers(ctx, l.contract)
	if err != nil {
		return err
	}
	if locked := ledgers[active.Id].Ledger.Locked; !locked.Equal(math.NewInt(vestingAmount)) {
		return fmt.Errorf("%w: vault %d has %s locked, want %d", errUnexpected, active.Id, locked, vestingAmount)
	}
	after, _, err := l.stafi.Committee(ctx, l.contract)
	if err != nil {
		return err
	}
	if out := difference(members(before), members(after)); len(out) > 0 {
		return fmt.Errorf("%w: %s exchanged, want nobody", errUnexpected, l.stafi.Names(out))
	}
	l.report.Answer("the vault's next address made a vesting account by an outsider",
		fmt.Sprintf("active all the same; nobody exchanged; %d locked at %s count for nothing", vestingAmount, active.Address))
	return l.showConsensusSet(ctx)
}

// showConsensusSet wants every member of the present committee bonded and out of CometBFT's set, and everyone else in it.
func (l *Life) showConsensusSet(ctx context.Context) error {
	serving, err := Await(ctx, "the committee to have left CometBFT's validator set", heightLimit, func(ctx context.Context) ([]string, bool, error) {
		committee, _, err := l.stafi.Committee(ctx, l.contract)
		if err != nil {
			return nil, false, err
		}
		producers, err := l.stafi.Producers(ctx)
		if err != nil {
			return nil, false, err
		}
		serving := members(committee)
		for _, operator := range l.stafi.Operators {
			if producers[operator.ConsAddress] == slices.Contains(serving, operator.Address) {
				return serving, false, nil
			}
		}
		return serving, true, nil
	})
	if err != nil {
		return err
	}
	for _, address := range serving {
		answer, err := stakingtypes.NewQueryClient(l.stafi.GRPC).Validator(ctx, &stakingtypes.QueryValidatorRequest{ValidatorAddr: address})
		if err != nil {
			return err
		}
		if answer.Validator.Status != stakingtypes.Bonded || answer.Validator.Jailed {
			return fmt.Errorf("member %s is %s, want it bonded", address, answer.Validator.Status)
		}
	}
	l.report.Say("CometBFT's set has %d validators; the members %s are out of it, and bonded", validators-len(serving), l.stafi.Names(serving))
	return nil
}

func members(committee ssvtypes.Committee) []string {
	addresses := make([]string, len(committee.Members))
	for i, member := range committee.Members {
		addresses[i] = member.Operator
	}
	return addresses
}

func difference(from, without []string) []string {
	return slices.DeleteFunc(slices.Clone(from), func(address string) bool { return slices.Contains(without, address) })
}

var errUnexpected = errors.New("not as expected")
