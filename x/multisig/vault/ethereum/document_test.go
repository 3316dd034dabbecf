package ethereum_test

import (
	"bytes"
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/x/multisig/vault/ethereum"
)

func TestADocumentIsASafeTxWhole(t *testing.T) {
	c, p := plain(t)
	tx, err := p.SafeTx()
	require.NoError(t, err)
	digest, err := ethereum.DocumentDigest(tx.Document(), p.Domain())
	require.NoError(t, err)
	hash, err := tx.Hash(p.Domain())
	require.NoError(t, err)
	require.Equal(t, hash, digest)
	require.True(t, ethereum.VerifySignature(c.keys[0], digest.Bytes(), c.sign(t, digest, 0).Signature))

	signed, err := ethereum.DocumentDigest(tx.EthSignDocument(), p.Domain())
	require.NoError(t, err)
	require.Equal(t, keccak([]byte("\x19Ethereum Signed Message:\n32"), hash.Bytes()), signed)

	other := p.Domain()
	other.ChainNumber++
	foreign, err := ethereum.DocumentDigest(tx.Document(), other)
	require.NoError(t, err)
	require.NotEqual(t, digest, foreign)

	document := tx.Document()
	for name, bad := range map[string][]byte{
		"empty": nil, "a digest": digest.Bytes(), "cut short": document[:len(document)-1], "too long": append(bytes.Clone(document), 0),
		"an operation of two bytes": with(document, 3*32+30, 1), "an address of 21 bytes": with(document, 11, 1), "a login": []byte("log me in at 12:00"),
		"data elsewhere": with(document, 2*32+31, 0x60), "dirty padding": with(document, len(document)-1, 1),
	} {
		_, err := ethereum.DocumentDigest(bad, p.Domain())
		require.ErrorIs(t, err, ethereum.ErrForeign, name)
	}
}

// A signature in eth_sign's form moves a vault's funds as well as any: the Safe takes it.
func TestTheSafeTakesASignatureOfEthSign(t *testing.T) {
	v := newVault(t, newCommittee(t, "a", 1, 1))
	p := v.payout(fresh(1)...)
	tx, err := p.SafeTx()
	require.NoError(t, err)
	digest, err := ethereum.DocumentDigest(tx.EthSignDocument(), p.Domain())
	require.NoError(t, err)
	signature := v.sign(t, digest, 0).Signature
	require.True(t, ethereum.VerifySignature(v.keys[0], digest.Bytes(), signature))
	receipt := v.send(p, tx.Calldata(with(signature, 64, signature[64]+4)), 0)
	require.False(t, receipt.Reverted, receipt.Reason)
	require.Equal(t, tenth, v.chain.Balance(fresh(1)[0]))
}

func FuzzADocumentIsReadInOneFormOnly(f *testing.F) {
	_, p := plain(f)
	tx, err := p.SafeTx()
	require.NoError(f, err)
	f.Add(tx.Document())
	f.Add(tx.EthSignDocument())
	f.Fuzz(func(t *testing.T, document []byte) {
		if _, err := ethereum.DocumentDigest(document, p.Domain()); err != nil {
			require.ErrorIs(t, err, ethereum.ErrForeign)
		}
	})
}

func TestALogThatIsNoneOfTheSafesIsRefused(t *testing.T) {
	amount := common.BigToHash(big.NewInt(7)).Bytes()
	hash := common.HexToHash("0xabcd")
	execution, err := ethereum.ParseExecution([]common.Hash{ethereum.TopicFailure, hash}, amount)
	require.NoError(t, err)
	require.Equal(t, ethereum.Execution{SafeTx: hash, Refund: big.NewInt(7)}, execution)
	received, err := ethereum.ParseReceived([]common.Hash{ethereum.TopicReceived, common.BytesToHash(fresh(1)[0].Bytes())}, amount)
	require.NoError(t, err)
	require.Equal(t, ethereum.Received{Sender: fresh(1)[0], Amount: big.NewInt(7)}, received)
	for name, log := range map[string]struct {
		topics []common.Hash
		data   []byte
	}{
		"no topics": {nil, amount}, "one topic": {[]common.Hash{ethereum.TopicSuccess}, amount},
		"another event": {[]common.Hash{hash, hash}, amount}, "no data": {[]common.Hash{ethereum.TopicSuccess, hash}, nil},
		"received without data":    {[]common.Hash{ethereum.TopicReceived, hash}, nil},
		"received from no address": {[]common.Hash{ethereum.TopicReceived, common.HexToHash("0x1" + common.Hash{}.Hex()[3:])}, amount},
		"too much data":            {[]common.Hash{ethereum.TopicSuccess, hash}, append(amount, 0)},
	} {
		_, err := ethereum.ParseExecution(log.topics, log.data)
		require.ErrorIs(t, err, ethereum.ErrForeign, name)
		_, err = ethereum.ParseReceived(log.topics, log.data)
		require.ErrorIs(t, err, ethereum.ErrForeign, name)
	}
}
