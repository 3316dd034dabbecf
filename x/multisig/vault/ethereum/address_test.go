package ethereum_test

import (
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/x/multisig/vault/ethereum"
)

func TestAnAddressHasOneText(t *testing.T) {
	// Examples of EIP-55.
	for _, text := range []string{
		"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
		"0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB", "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
		"0x52908400098527886E0F7030069857D2E4169EE7", "0xde709f2102306220921060314715629080e2fb77",
	} {
		address, err := ethereum.ParseAddress(text)
		require.NoError(t, err)
		require.Equal(t, text, address.Hex())
	}
	const good = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
	for name, text := range map[string]string{
		"empty": "", "no prefix": good[2:], "too short": good[:41], "too long": good + "0", "not hex": good[:41] + "g",
		"no checksum": strings.ToLower(good), "upper case": "0x" + strings.ToUpper(good[2:]), "prefix in upper case": "0X" + good[2:],
		"one letter's case": "0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "one digit": "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAee",
		"a space": " " + good[:41], "a Cosmos address": "cosmos1qypqxpq9qcrsszg2pvxq6rs0zqg3yyc5lzv7xu",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ethereum.ParseAddress(text)
			require.ErrorIs(t, err, ethereum.ErrAddress)
		})
	}
}

func TestARecipientIsNobodyWhoCanNotBePaid(t *testing.T) {
	safe, deposit, someone := fresh(3)[0], fresh(3)[1], fresh(3)[2]
	address, err := ethereum.Recipient(someone.Hex(), safe, deposit)
	require.NoError(t, err)
	require.Equal(t, someone, address)
	for name, text := range map[string]string{
		"the zero address": common.Address{}.Hex(), "the Safe": safe.Hex(), "the deposit contract": deposit.Hex(),
		"the singleton factory": ethereum.SingletonFactory.Hex(), "the factory": ethereum.Canonical().Factory.Hex(),
		"the singleton": ethereum.Canonical().Singleton.Hex(), "MultiSend": ethereum.Canonical().MultiSend.Hex(),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ethereum.Recipient(text, safe, deposit)
			require.ErrorIs(t, err, ethereum.ErrRecipient)
		})
	}
	_, err = ethereum.Recipient(strings.ToLower(someone.Hex()), safe, deposit)
	require.ErrorIs(t, err, ethereum.ErrAddress)
}

func TestAChainHasOneName(t *testing.T) {
	for _, number := range []uint64{1, 17000, 11155111, 1<<64 - 1} {
		found, err := ethereum.ChainNumber(ethereum.ChainID(number))
		require.NoError(t, err)
		require.Equal(t, number, found)
	}
	for _, text := range []string{"", "1", "eip155-", "eip155-0", "eip155-01", "eip155-+1", "eip155-1 ", "eip155:1", "eip155-18446744073709551616", "cosmoshub-4"} {
		_, err := ethereum.ChainNumber(text)
		require.ErrorIs(t, err, ethereum.ErrChainID, text)
	}
}

func TestKeysAreInTheOrderOfTheirAddresses(t *testing.T) {
	c := newCommittee(t, "a", 5, 3)
	shuffled := [][]byte{c.keys[3], c.keys[0], c.keys[4], c.keys[2], c.keys[1]}
	sorted, err := ethereum.SortKeys(shuffled)
	require.NoError(t, err)
	require.Equal(t, c.keys, sorted)
	addresses, err := ethereum.KeyAddresses(sorted)
	require.NoError(t, err)
	require.Equal(t, c.List, addresses)
	// The key of the private key 1.
	one, err := ethereum.KeyAddress(common.FromHex("0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"))
	require.NoError(t, err)
	require.Equal(t, "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf", one.Hex())
}

func TestAKeyThatIsNoneIsRefused(t *testing.T) {
	c := newCommittee(t, "a", 2, 1)
	for name, keys := range map[string][][]byte{
		"empty": {{}}, "too short": {c.keys[0][:32]}, "no point": {make([]byte, 33)}, "uncompressed": {append([]byte{4}, make([]byte, 64)...)},
		"twice": {c.keys[0], c.keys[1], c.keys[0]},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ethereum.SortKeys(keys)
			require.ErrorIs(t, err, ethereum.ErrKey)
		})
	}
	_, err := ethereum.KeyAddresses([][]byte{{}})
	require.ErrorIs(t, err, ethereum.ErrKey)
}
