package ethereumlife

import (
	"bytes"
	"encoding/json"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/scripts/ethereum"
)

// gateBefore opens a gate before a node that says what it was asked.
func gateBefore(t *testing.T) (*Gate, func(method string, params ...any) string) {
	t.Helper()
	node := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked, err := io.ReadAll(r.Body)
		require.NoError(t, err)
		_, _ = w.Write(asked)
	}))
	t.Cleanup(node.Close)
	gate, err := OpenGate(node.URL)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, gate.Close()) })
	return gate, func(method string, params ...any) string {
		body, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
		require.NoError(t, err)
		answer, err := http.Post(gate.URLs()[0], "application/json", bytes.NewReader(body))
		require.NoError(t, err)
		defer answer.Body.Close()
		raw, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		return string(raw)
	}
}

func signed(t *testing.T, safe common.Address, call []byte) (common.Hash, hexutil.Bytes) {
	t.Helper()
	tx := types.MustSignNewTx(ethereum.Key(0), types.LatestSignerForChainID(big.NewInt(ethereum.ChainID)), &types.DynamicFeeTx{
		ChainID: big.NewInt(ethereum.ChainID), To: &safe, Data: call,
	})
	raw, err := tx.MarshalBinary()
	require.NoError(t, err)
	return tx.Hash(), raw
}

func execute(to common.Address) []byte {
	zero := new(big.Int)
	return pack("execTransaction", to, zero, []byte{}, uint8(0), zero, zero, zero, common.Address{}, common.Address{}, []byte{})
}

func TestAGateHoldsBackPayoutsAndNothingElse(t *testing.T) {
	gate, ask := gateBefore(t)
	safe := common.Address{0x5a}
	gate.Guard(safe)
	_, payout := signed(t, safe, execute(common.Address{1}))
	_, handover := signed(t, safe, execute(safe))
	_, deposit := signed(t, safe, nil)
	require.Contains(t, ask("eth_sendRawTransaction", payout), payout.String())

	gate.HoldPayouts()
	require.Contains(t, ask("eth_sendRawTransaction", payout), errHeld.Error())
	require.Contains(t, ask("eth_sendRawTransaction", handover), handover.String())
	require.Contains(t, ask("eth_sendRawTransaction", deposit), deposit.String())
	require.Contains(t, ask("eth_blockNumber"), "eth_blockNumber")
	require.Equal(t, 1, gate.Kept())

	require.Len(t, gate.LetGo(), 1)
	require.Contains(t, ask("eth_sendRawTransaction", payout), payout.String())
}

func TestAnAmbushMeetsOneSenderAndDropsWhatItSent(t *testing.T) {
	gate, ask := gateBefore(t)
	safe := common.Address{0x5a}
	gate.Guard(safe)
	_, payout := signed(t, safe, execute(common.Address{1}))
	var met []common.Address
	gate.Ambush(func(sender common.Address) {
		met = append(met, sender)
		require.Contains(t, ask("eth_sendRawTransaction", payout), errHeld.Error(), "repeated by another connection meanwhile")
	})
	require.Contains(t, ask("eth_sendRawTransaction", payout), errHeld.Error())
	require.Contains(t, ask("eth_sendRawTransaction", payout), payout.String())
	require.Equal(t, []common.Address{ethereum.Address(0)}, met)
}
