package keeper

import (
	"context"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/ssv/reward"
	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// byEraOperatorNumber is a map of accounts by era, operator and vault generation or contract.
type byEraOperatorNumber[V any] = collections.Map[collections.Triple[uint64, sdk.ValAddress, uint64], V]

// addDuties adds the signatures and attestations of the next operators to the statement, and goes on to their calls after the last.
func (k Keeper) addDuties(ctx context.Context, division types.Division, left *int) error {
	last, err := addRows(ctx, k, k.DutyAccounts, &division, left, func(row *types.Earning, account types.DutyAccount) {
		row.Operator = account.Operator
		row.Signatures += account.Signatures()
		row.Attestations += account.Agreed
	})
	if err != nil {
		return err
	}
	if last {
		division = types.Division{Era: division.Era, Stage: types.DIVISION_STAGE_CALLS}
	}
	return k.Division.Set(ctx, division)
}

// addCalls adds the RPC calls of the next operators, and what is issued after the last.
func (k Keeper) addCalls(ctx context.Context, division types.Division, params types.Params, left *int) error {
	last, err := addRows(ctx, k, k.CallAccounts, &division, left, func(row *types.Earning, account types.CallAccount) {
		row.Operator = account.Operator
		row.Calls += account.Calls
	})
	if err != nil {
		return err
	}
	if !last {
		return k.Division.Set(ctx, division)
	}
	statement, err := k.EraRewards.Get(ctx, division.Era)
	if err != nil {
		return err
	}
	pot := reward.Open(params.EraBudget, params.CapShare, statement.SignaturePoints.Add(statement.CallPoints))
	statement.Issued, statement.Cap, statement.Treasury = pot.Issued, pot.Cap, pot.Treasury
	if err := k.EraRewards.Set(ctx, division.Era, statement); err != nil {
		return err
	}
	return k.Division.Set(ctx, types.Division{Era: division.Era, Stage: types.DIVISION_STAGE_SHARES})
}

// addRows adds the accounts of the operators behind a division's cursor to their rows, all of an operator at once, and their points to
// the statement; it moves the cursor and says whether none is left.
func addRows[V any](
	ctx context.Context, k Keeper, accounts byEraOperatorNumber[V], division *types.Division, left *int, add func(*types.Earning, V),
) (last bool, err error) {
	statement, err := k.EraRewards.Get(ctx, division.Era)
	if err != nil {
		return false, err
	}
	for ; *left > 0; *left-- {
		operator, found, err := nextOperator(ctx, accounts, division.Era, division.Cursor)
		if err != nil {
			return false, err
		}
		if !found {
			return true, k.EraRewards.Set(ctx, division.Era, statement)
		}
		if err := addRow(ctx, k, accounts, &statement, operator, add); err != nil {
			return false, err
		}
		division.Cursor, division.Attempts = operator, 0
	}
	return false, k.EraRewards.Set(ctx, division.Era, statement)
}

// nextOperator returns the first operator behind a cursor that has accounts of an era.
func nextOperator[V any](ctx context.Context, accounts byEraOperatorNumber[V], era uint64, cursor []byte) (sdk.ValAddress, bool, error) {
	iterator, err := accounts.Iterate(ctx, behind{era: era, cursor: cursor})
	if err != nil {
		return nil, false, err
	}
	defer iterator.Close()
	if !iterator.Valid() {
		return nil, false, nil
	}
	key, err := iterator.Key()
	return append(sdk.ValAddress(nil), key.K2()...), err == nil, err
}

func addRow[V any](
	ctx context.Context, k Keeper, accounts byEraOperatorNumber[V], statement *types.EraReward, operator sdk.ValAddress,
	add func(*types.Earning, V),
) error {
	key := collections.Join(statement.Era, operator)
	row, known, err := maybe(ctx, k.Earnings, key)
	if err != nil {
		return err
	}
	if !known {
		row = types.Earning{Era: statement.Era, Earned: math.ZeroInt(), Share: math.ZeroInt(), Paid: math.ZeroInt()}
		statement.Members++
	}
	before := workOf(row)
	ranger := collections.NewSuperPrefixedTripleRange[uint64, sdk.ValAddress, uint64](statement.Era, operator)
	err = accounts.Walk(ctx, ranger, func(_ collections.Triple[uint64, sdk.ValAddress, uint64], account V) (bool, error) {
		add(&row, account)
		return false, nil
	})
	if err != nil {
		return err
	}
	after := workOf(row)
	statement.SignaturePoints = statement.SignaturePoints.Add(after.SignaturePoints()).Sub(before.SignaturePoints())
	statement.CallPoints = statement.CallPoints.Add(after.CallPoints()).Sub(before.CallPoints())
	return k.Earnings.Set(ctx, key, row)
}

// behind ranges over the accounts of an era, after all those of an operator if there is a cursor.
type behind struct {
	era    uint64
	cursor []byte
}

// RangeValues implements collections.Ranger.
func (b behind) RangeValues() (start, end *collections.RangeKey[collections.Triple[uint64, sdk.ValAddress, uint64]], order collections.Order, err error) {
	era := collections.TriplePrefix[uint64, sdk.ValAddress, uint64](b.era)
	start = collections.RangeKeyExact(era)
	if len(b.cursor) > 0 {
		start = collections.RangeKeyPrefixEnd(collections.TripleSuperPrefix[uint64, sdk.ValAddress, uint64](b.era, b.cursor))
	}
	return start, collections.RangeKeyPrefixEnd(era), collections.OrderAscending, nil
}
