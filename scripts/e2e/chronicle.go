package e2e

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	rpctypes "github.com/cometbft/cometbft/rpc/core/types"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/tx"

	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	contracttypes "github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// Chronicle is what StaFi's blocks say that members did: their transactions, and what the chain announced. No query of x/ssv is asked.
type Chronicle struct {
	// Read is the last block in it.
	Read int64
	// Times of blocks, by height.
	Times map[int64]time.Time
	// EraStarts are the blocks that began eras: an era has the blocks after its own up to and including the next one's.
	EraStarts  map[uint64]int64
	Deeds      []Deed
	Signatures []GivenSignature
	Votes      []Vote
	// Applied observations by hash, with the block at whose end they were.
	Applied map[string]int64
	// Vaults and Sessions are the changes of status, in order.
	Vaults   []statusChange
	Sessions []statusChange
	// Emergencies are the blocks at whose end an operator was replaced by a standby, with the event's list of operators.
	Emergencies []emergency
}

type emergency struct {
	height   int64
	replaced string
}

// Deed is a transaction of an account that submits for an operator.
type Deed struct {
	Height    int64
	Submitter string
	// Types of its messages, without the package's name.
	Types []string
	Code  uint32
	// Limit of gas.
	Limit int64
	// Fee paid, and Refunded of it.
	Fee, Refunded math.Int
}

// succeeded says whether a duty was done: one that was refused failed, and a wrong signature is recorded and not refunded.
func (d Deed) succeeded() bool {
	return d.Code == 0 && (len(d.Types) != 1 || d.Types[0] != "MsgSubmitSignatures" || d.Refunded.IsPositive())
}

// GivenSignature is one submission that the chain took, right or wrong.
type GivenSignature struct {
	Height     int64
	Submitter  string
	Session    uint64
	Signatures [][]byte
}

// Vote is a proposal of an observation, which agrees to itself, or an answer to it.
type Vote struct {
	Height    int64
	Submitter string
	Hash      string
	Agree     bool
}

type statusChange struct {
	height int64
	id     uint64
	status string
}

// NewChronicle has no block yet.
func NewChronicle() *Chronicle {
	return &Chronicle{Times: map[int64]time.Time{}, EraStarts: map[uint64]int64{}, Applied: map[string]int64{}}
}

// ReadOn reads the blocks up to and including a height.
func (c *Chronicle) ReadOn(ctx context.Context, n *Network, to int64) error {
	submitters := map[string]bool{}
	for _, operator := range n.Operators {
		submitters[operator.Submitter.Address] = true
	}
	for height := c.Read + 1; height <= to; height++ {
		block, err := n.RPC.Block(ctx, &height)
		if err != nil {
			return fmt.Errorf("block %d: %w", height, err)
		}
		results, err := n.RPC.BlockResults(ctx, &height)
		if err != nil {
			return fmt.Errorf("results of block %d: %w", height, err)
		}
		c.Times[height] = block.Block.Time
		for i, raw := range block.Block.Txs {
			if err := c.transaction(height, raw, results.TxsResults[i], submitters); err != nil {
				return fmt.Errorf("transaction %d of block %d: %w", i, height, err)
			}
		}
		c.announced(height, results)
		c.Read = height
	}
	return nil
}

func (c *Chronicle) transaction(height int64, raw []byte, result *abci.ExecTxResult, submitters map[string]bool) error {
	var envelope tx.TxRaw
	var body tx.TxBody
	if err := envelope.Unmarshal(raw); err != nil {
		return err
	}
	if err := body.Unmarshal(envelope.BodyBytes); err != nil {
		return err
	}
	receipt := Receipt{Events: result.Events}
	payer := receipt.Attribute("tx", "fee_payer")
	if !submitters[payer] {
		return nil
	}
	deed := Deed{Height: height, Submitter: payer, Code: result.Code, Limit: result.GasWanted, Fee: math.ZeroInt(), Refunded: math.ZeroInt()}
	if paid, err := sdk.ParseCoinsNormalized(receipt.Attribute("tx", "fee")); err == nil {
		deed.Fee = paid.AmountOf(stafiDenom)
	}
	if amount, ok := math.NewIntFromString(receipt.Attribute("stafi.ssv.v1.EventRefund", "amount")); ok {
		deed.Refunded = amount
	}
	for _, message := range body.Messages {
		deed.Types = append(deed.Types, message.TypeUrl[strings.LastIndex(message.TypeUrl, ".")+1:])
		if result.Code != 0 {
			continue
		}
		if err := c.message(height, message.TypeUrl, message.Value, receipt); err != nil {
			return err
		}
	}
	c.Deeds = append(c.Deeds, deed)
	return nil
}

// message keeps what a successful duty said. Each is alone in its transaction, or it is not a relayer's.
func (c *Chronicle) message(height int64, typeURL string, value []byte, receipt Receipt) error {
	switch strings.TrimPrefix(typeURL, "/") {
	case "stafi.multisig.v1.MsgSubmitSignatures":
		var given multisigtypes.MsgSubmitSignatures
		if err := given.Unmarshal(value); err != nil {
			return err
		}
		c.Signatures = append(c.Signatures, GivenSignature{height, given.Submitter, given.Session, given.Signatures})
	case "stafi.stakingcontract.v1.MsgObserve":
		var observe contracttypes.MsgObserve
		if err := observe.Unmarshal(value); err != nil {
			return err
		}
		hash := receipt.Attribute("stafi.stakingcontract.v1.EventObservationProposed", "hash")
		c.Votes = append(c.Votes, Vote{height, observe.Submitter, hash, true})
	case "stafi.stakingcontract.v1.MsgAttest":
		var attest contracttypes.MsgAttest
		if err := attest.Unmarshal(value); err != nil {
			return err
		}
		c.Votes = append(c.Votes, Vote{height, attest.Submitter, base64.StdEncoding.EncodeToString(attest.Hash), attest.Agree})
	}
	return nil
}

// announced keeps what a block's end said of eras, vaults, sessions and observations.
func (c *Chronicle) announced(height int64, results *rpctypes.ResultBlockResults) {
	for _, event := range results.FinalizeBlockEvents {
		single := Receipt{Events: []abci.Event{event}}
		number := func(key string) (found uint64) {
			_, _ = fmt.Sscan(single.Attribute(event.Type, key), &found)
			return found
		}
		switch event.Type {
		case "stafi.ssv.v1.EventEraStarted":
			c.EraStarts[number("era")] = height
		case "stafi.multisig.v1.EventVaultStatus":
			c.Vaults = append(c.Vaults, statusChange{height, number("vault"), single.Attribute(event.Type, "status")})
		case "stafi.multisig.v1.EventSessionStatus":
			c.Sessions = append(c.Sessions, statusChange{height, number("session"), single.Attribute(event.Type, "status")})
		case "stafi.ssv.v1.EventEmergency":
			c.Emergencies = append(c.Emergencies, emergency{height, single.Attribute(event.Type, "replaced")})
		case "stafi.stakingcontract.v1.EventObservationClosed":
			if single.Attribute(event.Type, "outcome") == "applied" {
				c.Applied[single.Attribute(event.Type, "hash")] = height
			}
		}
	}
}

// Span of an era that has ended: its blocks are those after the first and up to and including the last.
func (c *Chronicle) Span(era uint64) (first, last int64, ended bool) {
	first, began := c.EraStarts[era]
	last, ended = c.EraStarts[era+1]
	return first, last, began && ended
}

// EraAt is the era that a block belongs to, 0 before the first.
func (c *Chronicle) EraAt(height int64) (era uint64) {
	for number, start := range c.EraStarts {
		if start < height && number > era {
			era = number
		}
	}
	return era
}

// HandedIn is the block after another in which a submitter handed in RPC receipts that counted, 0 if it did not.
func (c *Chronicle) HandedIn(submitter string, after int64) int64 {
	for _, deed := range c.Deeds {
		if deed.Submitter == submitter && deed.Height > after && deed.Code == 0 && slices.Contains(deed.Types, "MsgSubmitRPCReceipts") {
			return deed.Height
		}
	}
	return 0
}

// activeAfter is the vault that was made ACTIVE next after another one was for the first time, 0 if none was.
func (c *Chronicle) activeAfter(vault uint64) uint64 {
	seen := false
	for _, change := range c.Vaults {
		switch {
		case change.status != multisigtypes.VAULT_STATUS_ACTIVE.String():
		case change.id == vault:
			seen = true
		case seen:
			return change.id
		}
	}
	return 0
}

// changed is the first block, from one on, in which something took a status, 0 if there is none.
func changed(changes []statusChange, id uint64, status string, from int64) int64 {
	for _, change := range changes {
		if change.id == id && change.status == status && change.height >= from {
			return change.height
		}
	}
	return 0
}
