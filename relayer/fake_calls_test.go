package relayer

import (
	"bytes"
	"context"
	"fmt"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	ssvtypes "github.com/stafiprotocol/stafid/x/ssv/types"
	"github.com/stafiprotocol/stafid/x/stakingcontract/receipt"
	contracttypes "github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// fakeCalls are the calls that the fake chain has counted, by client's address, and the clients that hold too little.
type fakeCalls struct {
	counted map[string]uint64
	poor    map[string]bool
	// seated are the operators of contract 1's committee.
	seated []string
	// batch is max_receipts, 1,000 where it is 0.
	batch uint32
	// messages that took effect.
	messages int
}

func (c fakeCalls) limit() uint32 {
	if c.batch == 0 {
		return 1000
	}
	return c.batch
}

func (q fakeSSV) Committees(context.Context, *ssvtypes.QueryCommitteesRequest) (*ssvtypes.QueryCommitteesResponse, error) {
	q.f.mu.Lock()
	defer q.f.mu.Unlock()
	committee := ssvtypes.Committee{Contract: 1, Era: q.f.era.Number}
	for _, operator := range q.f.calls.seated {
		committee.Members = append(committee.Members, ssvtypes.Member{Operator: operator})
	}
	return &ssvtypes.QueryCommitteesResponse{Era: q.f.era.Number, Committees: []ssvtypes.Committee{committee}}, nil
}

func (q fakeContracts) Client(_ context.Context, req *contracttypes.QueryClientRequest) (*contracttypes.QueryClientResponse, error) {
	q.f.mu.Lock()
	defer q.f.mu.Unlock()
	answer := &contracttypes.QueryClientResponse{
		Era: q.f.era.Number, Wanted: math.NewInt(100), Held: math.NewInt(100), Counts: true, Calls: q.f.calls.counted[req.Client], MaxCalls: 1000,
	}
	if q.f.calls.poor[req.Client] {
		answer.Held, answer.Counts = math.NewInt(99), false
	}
	return answer, nil
}

// executeReceipts is as strict as x/stakingcontract.
func (f *fakeStafi) executeReceipts(err error, msg *contracttypes.MsgSubmitRPCReceipts, apply bool) (string, error) {
	if err != nil {
		return "", err
	}
	operator := f.operators[msg.Submitter]
	if msg.Era != f.era.Number {
		return "", contracttypes.ErrReceiptEra.Wrapf("%d", msg.Era)
	}
	raw, err := sdk.ValAddressFromBech32(operator)
	if err != nil {
		return "", err
	}
	var last []byte
	var first error
	counted := map[string]uint64{}
	for _, r := range msg.Receipts {
		if bytes.Compare(last, r.Client) >= 0 {
			return "", contracttypes.ErrDuplicateReceipt
		}
		last = r.Client
		signed := receipt.Receipt{
			Body:   receipt.Body{ChainID: stafiChain, Contract: msg.Contract, Era: msg.Era, Operator: raw, Calls: r.Calls},
			Client: r.Client, Signature: r.Signature,
		}
		if err := signed.Verify(); err != nil {
			return "", contracttypes.ErrInvalidReceipt.Wrap(err.Error())
		}
		client := receipt.Address(r.Client).String()
		switch {
		case f.calls.poor[client]:
			first = contracttypes.ErrClientBalance
		case r.Calls <= f.calls.counted[client]:
			first = contracttypes.ErrLowerCount
		default:
			counted[client] = r.Calls
		}
	}
	if len(counted) == 0 {
		return "", first
	}
	if apply {
		f.calls.messages++
		for client, calls := range counted {
			f.calls.counted[client] = calls
		}
	}
	return fmt.Sprintf("receipts %s %d", operator, len(counted)), nil
}
