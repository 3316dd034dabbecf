package types

import (
	"context"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

// SubmitterKeeper knows which operator an account submits duty transactions for; x/ssv implements it.
type SubmitterKeeper interface {
	// OperatorOf returns the operator (stafivaloper1…) whose registered submitter the account is; found is false where it is nobody's.
	OperatorOf(ctx context.Context, submitter sdk.AccAddress) (operator string, found bool, err error)
}
