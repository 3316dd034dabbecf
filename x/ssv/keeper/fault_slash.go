package keeper

import (
	"context"
	"fmt"

	"cosmossdk.io/collections"

	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// trySlash slashes the members that have a fault of eras before this one, oldest first, at most max_slashes_per_block, each isolated. A
// member that fails is tried again in the next block, and holds back only its own vault. It says whether none is left.
func (k Keeper) trySlash(ctx context.Context, era types.Era) bool {
	params, err := k.GetParams(ctx)
	if err != nil {
		k.logger(ctx).Error("parameters can't be read", "error", err)
		return false
	}
	left := int(params.MaxSlashesPerBlock)
	pending, err := firstBefore(ctx, k.PendingSlashes, era.Number, left+1)
	if err != nil {
		k.logger(ctx).Error("pending slashes can't be read", "error", err)
		return false
	}
	done := 0
	for _, p := range pending {
		if left > 0 && k.slashVault(ctx, era.Number, p, &left) {
			done++
		}
	}
	return done == len(pending)
}

// slashVault goes on with the slashes of a settlement and says whether they are done.
func (k Keeper) slashVault(ctx context.Context, era uint64, pending types.PendingSlash, left *int) bool {
	key := collections.Join(pending.Era, pending.Vault)
	settlement, err := k.Settlements.Get(ctx, key)
	if err != nil {
		k.logger(ctx).Error("a settlement can't be read", "era", pending.Era, "vault", pending.Vault, "error", err)
		return false
	}
	for int(pending.Next) < len(settlement.Members) {
		if len(settlement.Members[pending.Next].Faults) == 0 {
			pending.Next++
			continue
		}
		if *left == 0 || !k.slashOrGiveUp(ctx, era, &settlement, &pending) {
			return false
		}
		*left--
	}
	return k.isolate(ctx, era, stepSlash, func(ctx context.Context) error { return k.PendingSlashes.Remove(ctx, key) }) == nil
}

// slashOrGiveUp slashes the next member of a settlement and moves on. Slash, record and cursor are written together or not at all, so that
// nobody is slashed twice.
func (k Keeper) slashOrGiveUp(ctx context.Context, era uint64, settlement *types.Settlement, pending *types.PendingSlash) bool {
	operator := settlement.Members[pending.Next].Operator
	name := fmt.Sprintf("%s %s for vault %d", stepSlash, operator, pending.Vault)
	err := k.isolate(ctx, era, name, func(ctx context.Context) error {
		cost, err := k.SlashMember(ctx, operator, owedBy(settlement.Contract, settlement.VaultEra, settlement.Era), settlement.Fraction)
		if err != nil {
			return err
		}
		return k.recordFault(ctx, settlement, pending, cost)
	})
	if err == nil {
		return true
	}
	pending.Attempts++
	return k.isolate(ctx, era, name, func(ctx context.Context) error {
		if pending.Attempts < maxSettleAttempts {
			return k.PendingSlashes.Set(ctx, collections.Join(pending.Era, pending.Vault), *pending)
		}
		return k.recordFault(ctx, settlement, pending, nothingSlashed(types.UNSLASHED_FAILED))
	}) == nil && pending.Attempts == 0
}

// recordFault writes down what the next member was slashed and moves the cursor behind it.
func (k Keeper) recordFault(ctx context.Context, settlement *types.Settlement, pending *types.PendingSlash, cost Slashed) error {
	member := settlement.Members[pending.Next]
	member.Power, member.InfractionHeight, member.Slashed, member.Unslashed = cost.Power, cost.InfractionHeight, cost.Burned, cost.Unslashed
	key := collections.Join(pending.Era, pending.Vault)
	after := *settlement
	after.Members = append([]types.MemberSettlement(nil), settlement.Members...)
	after.Members[pending.Next] = member
	next := types.PendingSlash{Era: pending.Era, Vault: pending.Vault, Next: pending.Next + 1}
	if err := k.Settlements.Set(ctx, key, after); err != nil {
		return err
	}
	move := k.PendingSlashes.Set(ctx, key, next)
	if int(next.Next) == len(after.Members) {
		move = k.PendingSlashes.Remove(ctx, key)
	}
	if move != nil {
		return move
	}
	k.emit(ctx, &types.EventFaultSlashed{Era: pending.Era, Vault: pending.Vault, Member: member})
	*settlement, *pending = after, next
	return nil
}
