package keeper

import (
	"context"

	"cosmossdk.io/collections"
	errorsmod "cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/stakingcontract/receipt"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// batch is a message of receipts with what is known of who sent it.
type receiptBatch struct {
	contract types.Contract
	params   types.Params
	era      uint64
	operator string
	raw      sdk.ValAddress
	receipts []types.Receipt
	// addresses of the receipts' clients, in their order.
	addresses []sdk.AccAddress
}

// counted is what came of a batch.
type counted struct {
	calls, clients uint64
	receipts       uint32
	refused        []types.RefusedReceipt
	// first is why the first refused receipt was.
	first error
}

// submitReceipts counts a member's receipts (protocol §15). The whole message is refused for what the member could have known by itself: it
// checks, in this order, that the contract counts calls, who sends it, the era, how many there are, that no client is there twice, and every
// receipt by itself. A receipt whose client could spoil it after the member took it, by moving its rTokens, or that another batch of the
// member's has overtaken, is refused alone, so that no client can spoil a batch. A batch of which nothing counts is refused, too.
func (k Keeper) submitReceipts(ctx context.Context, submitter sdk.AccAddress, msg types.MsgSubmitRPCReceipts) (counted, error) {
	batch, err := k.loadReceipts(ctx, submitter, msg)
	if err != nil {
		return counted{}, err
	}
	if err := batch.verify(ctx); err != nil {
		return counted{}, err
	}
	sum, err := k.countReceipts(ctx, batch)
	if err != nil {
		return counted{}, err
	}
	if sum.receipts == 0 {
		return counted{}, errorsmod.Wrapf(sum.first, "none of %d receipts counts; the first", len(batch.receipts))
	}
	if err := k.ssv.RecordCalls(ctx, msg.Contract, batch.operator, sum.calls, sum.clients); err != nil {
		return counted{}, err
	}
	k.emit(ctx, &types.EventReceipts{
		Contract: msg.Contract, Era: msg.Era, Operator: batch.operator, Calls: sum.calls, Counted: sum.receipts, Refused: uint32(len(sum.refused)),
	})
	return sum, k.ssv.TouchDuty(ctx, batch.operator)
}

// loadReceipts checks all of a message but its receipts.
func (k Keeper) loadReceipts(ctx context.Context, submitter sdk.AccAddress, msg types.MsgSubmitRPCReceipts) (receiptBatch, error) {
	contract, err := k.Contract(ctx, msg.Contract)
	if err != nil {
		return receiptBatch{}, err
	}
	if !contract.Limits.ClientBalance().IsPositive() {
		return receiptBatch{}, types.ErrCallsUncounted.Wrapf("min_client_balance of contract %d is 0, wanted more", contract.Id)
	}
	operator, raw, err := k.servant(ctx, submitter, contract.Id)
	if err != nil {
		return receiptBatch{}, err
	}
	era, err := k.ssv.CurrentEra(ctx)
	if err != nil {
		return receiptBatch{}, err
	}
	if msg.Era != era.Number {
		return receiptBatch{}, types.ErrReceiptEra.Wrapf("era %d, wanted the current one, %d", msg.Era, era.Number)
	}
	params, err := k.params.Get(ctx)
	if err != nil {
		return receiptBatch{}, err
	}
	if found := len(msg.Receipts); found == 0 || found > int(params.MaxReceipts) {
		return receiptBatch{}, types.ErrReceiptCount.Wrapf("%d receipts, wanted from 1 to %d", found, params.MaxReceipts)
	}
	return receiptBatch{contract: contract, params: params, era: era.Number, operator: operator, raw: raw, receipts: msg.Receipts}, nil
}

// servant returns the operator that an account submits for, if it is a member of the contract's present committee.
func (k Keeper) servant(ctx context.Context, submitter sdk.AccAddress, contract uint64) (string, sdk.ValAddress, error) {
	operator, found, err := k.ssv.OperatorOf(ctx, submitter)
	if err != nil {
		return "", nil, err
	}
	if !found {
		return "", nil, types.ErrNotSubmitter.Wrapf("%s", submitter)
	}
	committee, found, err := k.ssv.PresentCommittee(ctx, contract)
	if err != nil {
		return "", nil, err
	}
	if !found || committee.MemberIndex(operator) < 0 {
		return "", nil, types.ErrNotServing.Wrapf("%s, wanted one of the %d members of contract %d", operator, len(committee.Members), contract)
	}
	raw, err := sdk.ValAddressFromBech32(operator)
	return operator, raw, err
}

// verify checks every receipt by itself, and that each client is there once. Gas for all is charged before the first is looked at.
func (b *receiptBatch) verify(ctx context.Context) error {
	sdkCtx := sdk.UnwrapSDKContext(ctx)
	sdkCtx.GasMeter().ConsumeGas(types.ReceiptGas*uint64(len(b.receipts)), "RPC receipts")
	seen := make(map[string]int, len(b.receipts))
	b.addresses = make([]sdk.AccAddress, len(b.receipts))
	for i, r := range b.receipts {
		if first, twice := seen[string(r.Client)]; twice {
			return types.ErrDuplicateReceipt.Wrapf("receipts %d and %d are of key %X, wanted one", first, i, r.Client)
		}
		seen[string(r.Client)] = i
		signed := receipt.Receipt{
			Body:   receipt.Body{ChainID: sdkCtx.ChainID(), Contract: b.contract.Id, Era: b.era, Operator: b.raw, Calls: r.Calls},
			Client: r.Client, Signature: r.Signature,
		}
		if err := signed.Verify(); err != nil {
			return types.ErrInvalidReceipt.Wrapf("receipt %d: %s", i, err)
		}
		b.addresses[i] = receipt.Address(r.Client)
	}
	return nil
}

func (k Keeper) countReceipts(ctx context.Context, batch receiptBatch) (counted, error) {
	var sum counted
	for i := range batch.receipts {
		added, first, err := k.countReceipt(ctx, batch, i)
		if errorsmod.IsOf(err, types.ErrLowerCount, types.ErrClientBalance) {
			sum.refuse(i, err)
			continue
		}
		if err != nil {
			return counted{}, err
		}
		sum.receipts++
		sum.calls += added
		if first {
			sum.clients++
		}
	}
	return sum, nil
}

func (c *counted) refuse(index int, err error) {
	if c.first == nil {
		c.first = err
	}
	_, code, reason := errorsmod.ABCIInfo(err, false)
	c.refused = append(c.refused, types.RefusedReceipt{Index: uint32(index), Code: code, Reason: reason})
}

// countReceipt counts one verified receipt: its calls, at most max_calls_per_client, less those known. It returns how many are new and whether
// the client is. Errors: ErrLowerCount, ErrClientBalance.
func (k Keeper) countReceipt(ctx context.Context, batch receiptBatch, index int) (added uint64, first bool, err error) {
	client := batch.addresses[index]
	key := collections.Join4(batch.era, batch.contract.Id, []byte(batch.raw), []byte(client))
	known, found, err := maybe(ctx, k.clients, key)
	if err != nil {
		return 0, false, err
	}
	calls := min(batch.receipts[index].Calls, batch.params.MaxCallsPerClient)
	if calls <= known {
		return 0, false, types.ErrLowerCount.Wrapf("%s: %d, of which at most %d count, wanted more than %d",
			client, batch.receipts[index].Calls, batch.params.MaxCallsPerClient, known)
	}
	held, err := k.held(ctx, batch.era, batch.contract, client)
	if err != nil {
		return 0, false, err
	}
	if least := batch.contract.Limits.ClientBalance(); held.LT(least) {
		return 0, false, types.ErrClientBalance.Wrapf("%s: %s%s, wanted at least %s", client, held, batch.contract.RtokenDenom, least)
	}
	return calls - known, !found, k.clients.Set(ctx, key, calls)
}

// SubmitRPCReceipts implements types.MsgServer.
func (s msgServer) SubmitRPCReceipts(ctx context.Context, msg *types.MsgSubmitRPCReceipts) (*types.MsgSubmitRPCReceiptsResponse, error) {
	submitter, err := s.k.accountAddress(msg.Submitter)
	if err != nil {
		return nil, err
	}
	sum, err := s.k.submitReceipts(ctx, submitter, *msg)
	if err != nil {
		return nil, err
	}
	return &types.MsgSubmitRPCReceiptsResponse{Calls: sum.calls, Refused: sum.refused}, nil
}
