package keeper_test

import (
	"encoding/binary"
	"math/big"
	"slices"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/contracts/ethereum/deposit"
	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// calling is code that on being paid calls another contract with calldata and all that it got, whatever comes of it.
func calling(to common.Address, calldata []byte) []byte {
	size := binary.BigEndian.AppendUint16(nil, uint16(len(calldata)))
	return slices.Concat(
		[]byte{0x61}, size, []byte{0x61, 0, 39, 0x5f, 0x39}, // codecopy
		[]byte{0x5f, 0x5f, 0x61}, size, []byte{0x5f, 0x34, 0x73}, to.Bytes(), []byte{0x5a, 0xf1, 0}, // call
		calldata,
	)
}

// delegated is the code of an account that delegates to another's (EIP-7702).
func delegated(to common.Address) []byte { return append([]byte{0xef, 0x01, 0x00}, to.Bytes()...) }

func TestWhateverARecipientDoesOnBeingPaidTheBooksAreTheSafes(t *testing.T) {
	const each = 100*milli - feeWei
	smart := common.HexToAddress("0x5afe")
	for name, c := range map[string]struct {
		code func(f *fixture, payload []byte) []byte
		// minted is what it has minted, unmatched what it pays to the Safe, forced what comes back without a log.
		minted, unmatched, forced int64
	}{
		"it returns much data":            {code: func(*fixture, []byte) []byte { return common.FromHex("619c405ff3") }},
		"it delegates to code (EIP-7702)": {code: func(*fixture, []byte) []byte { return delegated(smart) }},
		"it sends the same transaction":   {code: func(f *fixture, sent []byte) []byte { return calling(f.safe.safe, sent) }},
		"it pays all to the Safe":         {unmatched: each, code: func(f *fixture, _ []byte) []byte { return calling(f.safe.safe, nil) }},
		"it deposits all": {minted: each, code: func(f *fixture, _ []byte) []byte {
			return calling(f.safe.contract, deposit.Calldata([]byte(userText("mallory"))))
		}},
		"it gives all back without a log": {forced: each, code: func(f *fixture, _ []byte) []byte {
			return slices.Concat([]byte{0x73}, f.safe.safe.Bytes(), []byte{0xff})
		}},
	} {
		for size, alone := range map[string]bool{"alone": true, "of three": false} {
			t.Run(name+", "+size, func(t *testing.T) {
				f := runningSafe(t)
				f.stake("alice", 3_000*milli)
				f.safe.evm.SetCode(smart, common.FromHex("00"))
				recipient := common.HexToAddress("0xbadbad")
				id := f.withdraw("alice", 100*milli, recipient)
				if !alone {
					f.withdraw("alice", 100*milli, common.HexToAddress("0xa1"))
					f.withdraw("alice", 100*milli, common.HexToAddress("0xa2"))
				}
				f.block()
				sent := f.signed(f.openOf(payoutOf))
				f.safe.evm.SetCode(recipient, c.code(f, sent))
				receipt := f.safe.execute(sent)
				require.False(t, receipt.Reverted, receipt.Reason)
				f.safe.forced.Add(f.safe.forced, big.NewInt(c.forced))
				before := f.state()
				f.observe()
				require.Equal(t, types.REDEMPTION_STATUS_PAID, f.redemption(id).Redemption.Status)
				require.EqualValues(t, c.minted, f.held("mallory"))
				require.Equal(t, before.Unminted.AddRaw(c.unmatched).String(), f.state().Unminted.String())
				require.Equal(t, f.safe.evm.Balance(f.safe.safe).String(), f.ledger(1).Balance.String())
				require.EqualValues(t, 1, f.safe.nonce())
				f.books()
				f.blocks(2)
				require.Nil(t, f.latest(1))
				require.Equal(t, multisigtypes.VAULT_STATUS_ACTIVE, f.vault(1).Status)
			})
		}
	}
}
