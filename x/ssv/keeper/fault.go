package keeper

import (
	"context"
	"fmt"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/ssv/slash"
	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// maxSettleAttempts is after how many failures a vault is settled without a judgement, a member goes unslashed or a share to the Treasury:
// an era never waits for ever.
const maxSettleAttempts = 10

// RecordSettled counts a settled session in its members' accounts (RecordSessionDuty), as required where it blames, and has the vault
// generation judged when the era ends: the first session of an era writes that down, the others read it.
func (k Keeper) RecordSettled(ctx context.Context, s SettledSession) error {
	if err := k.RecordSessionDuty(ctx, s.Vault, s.Blames, s.Duties); err != nil {
		return err
	}
	era, err := k.CurrentEra(ctx)
	if err != nil {
		return err
	}
	key := collections.Join(era.Number, s.Vault)
	if known, err := k.DueVaults.Has(ctx, key); err != nil || known || len(s.Duties) == 0 {
		return err
	}
	due := types.DueVault{Era: era.Number, Vault: s.Vault, Contract: s.Contract, VaultEra: s.VaultEra, Threshold: s.Threshold}
	for _, duty := range s.Duties {
		due.Operators = append(due.Operators, duty.Operator)
	}
	if err := k.renewTerms(ctx, due); err != nil {
		return err
	}
	return k.DueVaults.Set(ctx, key, due)
}

// tryJudge judges the vault generations that are due of eras before this one, oldest first, as many as have max_slashes_per_block members
// together and at least one, each isolated. It says whether none is left.
func (k Keeper) tryJudge(ctx context.Context, era types.Era) bool {
	params, due, err := k.dueBefore(ctx, era.Number)
	if err != nil {
		k.logger(ctx).Error("vaults that are due can't be read", "error", err)
		return false
	}
	members, settled := 0, 0
	for _, vault := range due {
		if members += len(vault.Operators); settled > 0 && members > int(params.MaxSlashesPerBlock) {
			break
		}
		if k.judgeOrGiveUp(ctx, era.Number, vault, params) {
			settled++
		}
	}
	return settled == len(due)
}

// dueBefore returns the parameters and the first vault generations due of eras before one, as many as a block may judge and one more.
func (k Keeper) dueBefore(ctx context.Context, era uint64) (types.Params, []types.DueVault, error) {
	params, err := k.GetParams(ctx)
	if err != nil {
		return params, nil, err
	}
	due, err := firstBefore(ctx, k.DueVaults, era, int(params.MaxSlashesPerBlock)+1)
	return params, due, err
}

// firstBefore returns up to count records of eras before one, in key order.
func firstBefore[V any](ctx context.Context, m byEraVault[V], era uint64, count int) ([]V, error) {
	ranger := new(collections.Range[collections.Pair[uint64, uint64]]).EndExclusive(collections.PairPrefix[uint64, uint64](era))
	iterator, err := m.Iterate(ctx, ranger)
	if err != nil {
		return nil, err
	}
	defer iterator.Close()
	var found []V
	for ; iterator.Valid() && len(found) < count; iterator.Next() {
		record, err := iterator.Value()
		if err != nil {
			return nil, err
		}
		found = append(found, record)
	}
	return found, nil
}

// judgeOrGiveUp says whether the vault is settled now.
func (k Keeper) judgeOrGiveUp(ctx context.Context, era uint64, due types.DueVault, params types.Params) bool {
	name := fmt.Sprintf("%s vault %d", stepJudge, due.Vault)
	err := k.isolate(ctx, era, name, func(ctx context.Context) error {
		settlement, err := k.judgement(ctx, due, params)
		if err != nil {
			return err
		}
		return k.conclude(ctx, settlement)
	})
	if err == nil {
		return true
	}
	due.Attempts++
	return k.isolate(ctx, era, name, func(ctx context.Context) error {
		if due.Attempts < maxSettleAttempts {
			return k.DueVaults.Set(ctx, collections.Join(due.Era, due.Vault), due)
		}
		return k.conclude(ctx, unjudged(due))
	}) == nil && due.Attempts >= maxSettleAttempts
}

// judgement finds who of a vault generation's members has which fault in an era, what that costs each and who is withdrawn.
func (k Keeper) judgement(ctx context.Context, due types.DueVault, params types.Params) (types.Settlement, error) {
	settlement := settlementOf(due)
	withdrawn := make([]bool, len(due.Operators))
	for i, operator := range due.Operators {
		account, heartbeats, err := k.dutyOf(ctx, due.Era, due.Vault, operator)
		if err != nil {
			return settlement, err
		}
		member := types.MemberSettlement{
			Operator: operator, Required: account.Required, Signed: account.Signed, Wrong: account.Wrong, Heartbeats: heartbeats,
			Faults: params.Faults(account, heartbeats), Slashed: math.ZeroInt(),
		}
		if len(member.Faults) > 0 {
			settlement.Faults++
		}
		withdrawn[i] = params.WithdrawsOnItsOwn(account)
		settlement.Members = append(settlement.Members, member)
	}
	settlement.Fraction = slash.Fraction(settlement.Faults, settlement.Size_)
	settlement.Withdraws = slash.Withdraws(settlement.Faults, settlement.Threshold)
	for i := range settlement.Members {
		member := &settlement.Members[i]
		member.Withdrawn = len(member.Faults) > 0 && (settlement.Withdraws || withdrawn[i])
	}
	return settlement, nil
}

// dutyOf returns what a member owed and did for a vault generation in an era, and in how many heartbeat intervals it gave a sign of life.
func (k Keeper) dutyOf(ctx context.Context, era, vault uint64, operator string) (types.DutyAccount, uint64, error) {
	raw, err := k.rawOperator(operator)
	if err != nil {
		return types.DutyAccount{}, 0, err
	}
	account, _, err := maybe(ctx, k.DutyAccounts, collections.Join3(era, raw, vault))
	if err != nil {
		return account, 0, err
	}
	live, _, err := maybe(ctx, k.Liveness, raw)
	return account, sentIn(live, era), err
}

func settlementOf(due types.DueVault) types.Settlement {
	return types.Settlement{
		Era: due.Era, Vault: due.Vault, Contract: due.Contract, VaultEra: due.VaultEra,
		Size_: uint32(len(due.Operators)), Threshold: due.Threshold, Fraction: math.LegacyZeroDec(),
	}
}

// unjudged charges nobody.
func unjudged(due types.DueVault) types.Settlement {
	settlement := settlementOf(due)
	settlement.Failed = true
	for _, operator := range due.Operators {
		settlement.Members = append(settlement.Members, types.MemberSettlement{Operator: operator, Slashed: math.ZeroInt()})
	}
	return settlement
}

// conclude writes a judgement down in the place of what was due: who has a fault forfeits the era's reward and waits for its slash, who is
// withdrawn is banned from the next election on, which is the one that waits for the judgement.
func (k Keeper) conclude(ctx context.Context, settlement types.Settlement) error {
	key := collections.Join(settlement.Era, settlement.Vault)
	if err := k.DueVaults.Remove(ctx, key); err != nil {
		return err
	}
	if err := k.Settlements.Set(ctx, key, settlement); err != nil {
		return err
	}
	withdrawn, err := k.chargeFaults(ctx, settlement)
	if err != nil {
		return err
	}
	k.emit(ctx, &types.EventSettled{
		Era: settlement.Era, Vault: settlement.Vault, Contract: settlement.Contract, Faults: settlement.Faults,
		Fraction: settlement.Fraction.String(), Withdrawn: withdrawn, Failed: settlement.Failed,
	})
	if !settlement.Fraction.IsPositive() {
		return nil
	}
	return k.PendingSlashes.Set(ctx, key, types.PendingSlash{Era: settlement.Era, Vault: settlement.Vault})
}

// chargeFaults has the members with a fault forfeit and bans those that are withdrawn, whom it returns.
func (k Keeper) chargeFaults(ctx context.Context, settlement types.Settlement) (withdrawn []string, err error) {
	for _, member := range settlement.Members {
		if len(member.Faults) == 0 {
			continue
		}
		operator, err := k.rawOperator(member.Operator)
		if err != nil {
			return nil, err
		}
		forfeit := types.Forfeit{Era: settlement.Era, Reason: types.FORFEIT_REASON_FAULT, Vault: settlement.Vault}
		if err := k.forfeit(ctx, operator, forfeit); err != nil {
			return nil, err
		}
		if !member.Withdrawn {
			continue
		}
		withdrawn = append(withdrawn, member.Operator)
		if err := k.ban(ctx, operator, member.Operator); err != nil {
			return nil, err
		}
	}
	return withdrawn, nil
}

// forfeit takes an operator's reward of an era from it; the first reason stands.
func (k Keeper) forfeit(ctx context.Context, operator sdk.ValAddress, forfeit types.Forfeit) error {
	key := collections.Join(forfeit.Era, operator)
	known, err := k.Forfeits.Has(ctx, key)
	if err != nil || known {
		return err
	}
	if forfeit.Operator, err = k.operator(operator); err != nil {
		return err
	}
	return k.Forfeits.Set(ctx, key, forfeit)
}
