package e2e

import (
	"context"
	"fmt"
	"slices"

	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	contracttypes "github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

const (
	newAddressDeposit = 30_000_000
	oldAddressDeposit = 25_000_000
	secondRedeem      = 15_000_000
)

// handover waits for the next committee, which shares no member with the first, and for the proof that the vault is its.
func (l *Life) handover(ctx context.Context) error {
	vaults, err := l.stafi.Vaults(ctx, l.contract)
	if err != nil {
		return err
	}
	old, next, err := l.awaitSuccessor(ctx, vaults)
	if err != nil {
		return err
	}
	before, after, err := l.committeesOf(ctx, old, next)
	if err != nil {
		return err
	}
	if shared := intersection(before, after); len(shared) > 0 {
		return fmt.Errorf("%w: %s serve twice in a row although others could", errUnexpected, l.stafi.Names(shared))
	}
	moved, err := l.provenMove(ctx, old.Id)
	if err != nil {
		return err
	}
	l.noteHash("handover", moved)
	l.report.Say("vault %d of %s", old.Id, l.stafi.Names(before))
	l.report.Say("  handed over to vault %d of %s by %s", next.Id, l.stafi.Names(after), moved)
	for _, vault := range []multisigtypes.Vault{old, next} {
		balance, err := l.original.Balance(ctx, vault.Address)
		if err != nil {
			return err
		}
		l.report.Say("  %s has %s", vault.Address, l.original.Coin(balance.Int64()))
	}
	return l.showConsensusSet(ctx)
}

// awaitSuccessor waits until the first vault that was ever active is RETIRING, and returns it with the one that was ACTIVE next: on a slow machine
// that is not the present one any more.
func (l *Life) awaitSuccessor(ctx context.Context, vaults []multisigtypes.Vault) (old, next multisigtypes.Vault, err error) {
	first := slices.IndexFunc(vaults, func(vault multisigtypes.Vault) bool { return !l.discarded[vault.Id] })
	if first < 0 {
		return old, next, fmt.Errorf("%w: no vault was ever active", errUnexpected)
	}
	_, err = l.awaitActive(ctx, "the next committee's vault to be active", func(vault uint64) bool { return vault != vaults[first].Id })
	if err != nil {
		return old, next, err
	}
	chronicle, err := l.chronicled(ctx)
	if err != nil {
		return old, next, err
	}
	successor, err := l.stafi.Vault(ctx, chronicle.activeAfter(vaults[first].Id))
	if err != nil {
		return old, next, err
	}
	next = successor.Vault
	answer, err := l.stafi.Vault(ctx, vaults[first].Id)
	if err != nil {
		return old, next, err
	}
	if answer.Vault.Status != multisigtypes.VAULT_STATUS_RETIRING {
		return old, next, fmt.Errorf("%w: vault %d is %s after its handover", errUnexpected, answer.Vault.Id, answer.Vault.Status)
	}
	return answer.Vault, next, nil
}

func (l *Life) committeesOf(ctx context.Context, old, next multisigtypes.Vault) (before, after []string, err error) {
	if before, err = l.signersOf(ctx, old.Id); err != nil {
		return nil, nil, err
	}
	after, err = l.signersOf(ctx, next.Id)
	return before, after, err
}

func (l *Life) signersOf(ctx context.Context, vault uint64) ([]string, error) {
	answer, err := l.stafi.Vault(ctx, vault)
	if err != nil {
		return nil, err
	}
	operators := make([]string, len(answer.Signers))
	for i, signer := range answer.Signers {
		operators[i] = signer.Operator
	}
	return operators, nil
}

// provenMove is the hash of the transaction that moved a vault's funds on.
func (l *Life) provenMove(ctx context.Context, vault uint64) (string, error) {
	sessions, err := l.stafi.Sessions(ctx)
	if err != nil {
		return "", err
	}
	for _, session := range sessions {
		if session.Session.Vault == vault && session.Session.Purpose == multisigtypes.PURPOSE_HANDOVER &&
			session.Tally.Status == multisigtypes.SESSION_STATUS_PROVEN {
			answer, err := l.stafi.multisig().SignedTransaction(ctx, &multisigtypes.QuerySignedTransactionRequest{Id: session.Session.Id})
			if err != nil {
				return "", err
			}
			return answer.Hash, nil
		}
	}
	return "", fmt.Errorf("%w: no proven handover of vault %d", errUnexpected, vault)
}

// afterHandover deposits at both addresses and redeems from the new committee.
func (l *Life) afterHandover(ctx context.Context) error {
	vaults, err := l.stafi.Vaults(ctx, l.contract)
	if err != nil {
		return err
	}
	var retiring multisigtypes.Vault
	for _, vault := range vaults {
		if vault.Status == multisigtypes.VAULT_STATUS_RETIRING {
			retiring = vault
		}
	}
	current, err := l.depositAddress(ctx)
	if err != nil {
		return err
	}
	return Together(ctx, func(ctx context.Context) error {
		return l.depositAtBoth(ctx, current, retiring.Address)
	}, func(ctx context.Context) error {
		return l.redeemFromNew(ctx)
	})
}

func (l *Life) depositAtBoth(ctx context.Context, current, retiring string) error {
	toNew, err := l.pay(ctx, staker, current, newAddressDeposit, l.user(holder))
	if err != nil {
		return err
	}
	toOld, err := l.pay(ctx, staker, retiring, oldAddressDeposit, l.user(holder))
	if err != nil {
		return err
	}
	l.books.Delay(toOld.Hash, 0)
	if _, err := l.awaitDeposit(ctx, toNew.Hash, 0, contracttypes.DEPOSIT_STATUS_MINTED); err != nil {
		return err
	}
	l.report.Say("deposit at the new address credited")
	swept, err := l.awaitDeposit(ctx, toOld.Hash, 0, contracttypes.DEPOSIT_STATUS_MINTED)
	if err != nil {
		return err
	}
	l.report.Say("late deposit at the old address %s swept by its old members, proven and credited in block %d, less %s for the sweep",
		retiring, swept.CreditedHeight, swept.Charged)
	return nil
}

func (l *Life) redeemFromNew(ctx context.Context) error {
	recipient := l.original.Fresh("second")
	id, err := l.redeemAs(ctx, holder, secondRedeem, recipient)
	if err != nil {
		return err
	}
	if err := l.expectPaid(ctx, id, recipient, secondRedeem); err != nil {
		return err
	}
	info, err := l.stafi.Redemption(ctx, id)
	if err != nil {
		return err
	}
	session, err := l.stafi.Session(ctx, info.Redemption.Root)
	if err != nil {
		return err
	}
	l.report.Say("paid by vault %d", session.Session.Vault)
	return nil
}

func intersection(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(address string) bool { return !slices.Contains(b, address) })
}
