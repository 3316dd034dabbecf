package e2e

import (
	"context"
	"fmt"
	"strings"

	abci "github.com/cometbft/cometbft/abci/types"
	cometbfttypes "github.com/cometbft/cometbft/types"

	"cosmossdk.io/math"

	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	"github.com/cosmos/cosmos-sdk/types/tx"
	vestingtypes "github.com/cosmos/cosmos-sdk/x/auth/vesting/types"
	"github.com/cosmos/cosmos-sdk/x/authz"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
)

// Transfer is one movement of the asset in a successful transaction of the original chain.
type Transfer struct {
	Height int64
	TxHash string
	// Index counts the bank outputs of the transaction from 0; -1 where the transfer is nested in another message.
	Index    int
	From, To string
	Amount   math.Int
	Memo     string
	// Locked is true where the coins make a vesting account, which can't spend them.
	Locked bool
}

// Nested says whether the transfer is no top-level bank message.
func (t Transfer) Nested() bool { return t.Index < 0 }

// Execution is one transaction of the original chain, successful or not, and what its sender paid for it.
type Execution struct {
	Height int64
	TxHash string
	Sender string
	Memo   string
	Code   uint32
	Fee    math.Int
	// Recipients of the asset, in order, whether the transaction succeeded or not.
	Recipients []string
}

// Scan is what the original chain's blocks say, read without any of this project's code.
type Scan struct {
	Transfers  []Transfer
	Executions []Execution
}

// ScanBlocks reads every block up to and including a height.
func (c *Counterparty) ScanBlocks(ctx context.Context, to int64) (Scan, error) {
	var scan Scan
	for height := int64(1); height <= to; height++ {
		block, err := c.RPC.Block(ctx, &height)
		if err != nil {
			return scan, fmt.Errorf("block %d: %w", height, err)
		}
		if len(block.Block.Txs) == 0 {
			continue
		}
		results, err := c.RPC.BlockResults(ctx, &height)
		if err != nil {
			return scan, fmt.Errorf("results of block %d: %w", height, err)
		}
		for i, raw := range block.Block.Txs {
			if err := scan.read(height, raw, results.TxsResults[i], c.Denom); err != nil {
				return scan, fmt.Errorf("transaction %d of block %d: %w", i, height, err)
			}
		}
	}
	return scan, nil
}

func (s *Scan) read(height int64, raw cometbfttypes.Tx, result *abci.ExecTxResult, denom string) error {
	auth, err := authInfoOf(raw)
	if err != nil {
		return err
	}
	var envelope tx.TxRaw
	var body tx.TxBody
	if err := envelope.Unmarshal(raw); err != nil {
		return err
	}
	if err := body.Unmarshal(envelope.BodyBytes); err != nil {
		return err
	}
	reader := transferReader{denom: denom}
	for _, message := range body.Messages {
		if err := reader.message(message, false); err != nil {
			return err
		}
	}
	hash := fmt.Sprintf("%X", raw.Hash())
	fee := math.ZeroInt()
	if auth.Fee != nil && tookFee(result) {
		fee = auth.Fee.Amount.AmountOf(denom)
	}
	s.Executions = append(s.Executions, Execution{
		Height: height, TxHash: hash, Sender: reader.sender, Memo: body.Memo, Code: result.Code, Fee: fee,
		Recipients: reader.recipients(),
	})
	if result.Code != 0 {
		return nil
	}
	for _, transfer := range reader.transfers {
		transfer.Height, transfer.TxHash, transfer.Memo = height, hash, body.Memo
		s.Transfers = append(s.Transfers, transfer)
	}
	return nil
}

// tookFee says whether the transaction passed the checks before its messages: only then a fee was taken and told by an event.
func tookFee(result *abci.ExecTxResult) bool {
	for _, event := range result.Events {
		for _, attribute := range event.Attributes {
			if event.Type == "tx" && attribute.Key == "fee" && attribute.Value != "" {
				return true
			}
		}
	}
	return false
}

// transferReader collects the transfers of one transaction's messages.
type transferReader struct {
	denom     string
	outputs   int
	sender    string
	transfers []Transfer
}

func (r *transferReader) message(message *codectypes.Any, nested bool) error {
	switch strings.TrimPrefix(message.TypeUrl, "/") {
	case "cosmos.bank.v1beta1.MsgSend":
		var send banktypes.MsgSend
		if err := send.Unmarshal(message.Value); err != nil {
			return err
		}
		r.add(send.FromAddress, send.ToAddress, send.Amount.AmountOf(r.denom), nested)
	case "cosmos.bank.v1beta1.MsgMultiSend":
		var send banktypes.MsgMultiSend
		if err := send.Unmarshal(message.Value); err != nil {
			return err
		}
		for _, output := range send.Outputs {
			r.add(send.Inputs[0].Address, output.Address, output.Coins.AmountOf(r.denom), nested)
		}
	case "cosmos.vesting.v1beta1.MsgCreateVestingAccount":
		var create vestingtypes.MsgCreateVestingAccount
		if err := create.Unmarshal(message.Value); err != nil {
			return err
		}
		r.add(create.FromAddress, create.ToAddress, create.Amount.AmountOf(r.denom), true)
		r.transfers[len(r.transfers)-1].Locked = true
	case "cosmos.authz.v1beta1.MsgExec":
		return r.nested(message.Value)
	case "cosmos.authz.v1beta1.MsgGrant":
		var grant authz.MsgGrant
		if err := grant.Unmarshal(message.Value); err != nil {
			return err
		}
		r.sentBy(grant.Granter)
	}
	return nil
}

func (r *transferReader) nested(value []byte) error {
	var exec authz.MsgExec
	if err := exec.Unmarshal(value); err != nil {
		return err
	}
	r.sentBy(exec.Grantee)
	for _, inner := range exec.Msgs {
		if err := r.message(inner, true); err != nil {
			return err
		}
	}
	return nil
}

func (r *transferReader) add(from, to string, amount math.Int, nested bool) {
	r.sentBy(from)
	index := -1
	if !nested {
		index = r.outputs
		r.outputs++
	}
	r.transfers = append(r.transfers, Transfer{Index: index, From: from, To: to, Amount: amount})
}

func (r *transferReader) recipients() []string {
	recipients := make([]string, len(r.transfers))
	for i, transfer := range r.transfers {
		recipients[i] = transfer.To
	}
	return recipients
}

// sentBy keeps the first sender named: the one who pays the fee in every transaction of the life.
func (r *transferReader) sentBy(address string) {
	if r.sender == "" {
		r.sender = address
	}
}
