package cmd

import (
	"errors"
	"fmt"

	"github.com/cosmos/gogoproto/jsonpb"
	"github.com/spf13/cobra"

	"github.com/cosmos/cosmos-sdk/client/flags"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/relayer"
	ssvtypes "github.com/stafiprotocol/stafid/x/ssv/types"
)

// ensureBeaconKey makes the beacon key unless there is a file already, which it leaves as it is and looks at.
func ensureBeaconKey(cmd *cobra.Command, path string) error {
	public, err := relayer.CreateBeaconKey(path)
	if err == nil {
		cmd.Printf("made beacon key %X in %s: back it up\n", public[:], path)
		return nil
	}
	if !errors.Is(err, relayer.ErrBeaconKeyExists) {
		return err
	}
	key, err := relayer.ReadBeaconKey(path)
	if err != nil {
		return err
	}
	public = key.PublicKey()
	cmd.Printf("kept beacon key %X in %s\n", public[:], path)
	return nil
}

func relayerNewBeaconKey() *cobra.Command {
	return &cobra.Command{
		Use:   "new-beacon-key FILE",
		Short: "Make another beacon key, to replace the registered one",
		Long: `Makes a beacon key in a new file; nothing is overwritten and nothing is sent. To replace the registered key:

1. make a new one with this command;
2. name its file in beacon_key_file of relayer/config.toml, the old file in former_beacon_key_files, and restart the relayer;
3. register it: stafid relayer prove-beacon, then stafid tx ssv update-candidate.

The old key deals until the era in which the new one was registered has ended. Keep its file until then.`,
		Example: "  stafid relayer new-beacon-key ~/.stafid/relayer/beacon_key_2.json",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			public, err := relayer.CreateBeaconKey(args[0])
			if err != nil {
				return err
			}
			cmd.Printf("made beacon key %X in %s: back it up\n", public[:], args[0])
			return nil
		},
	}
}

func relayerProveBeacon() *cobra.Command {
	var operator, chainID, file string
	cmd := &cobra.Command{
		Use:   "prove-beacon --operator VALOPER",
		Short: "Print the beacon key with its proof of possession, for the registration",
		Long: `Prints the relayer's beacon key with its proof of possession, as the "beacon" that register-candidate and update-candidate take.
Nothing is sent, and the secret is not shown.`,
		Example: "  stafid relayer prove-beacon --operator stafivaloper1... > beacon.json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := fillFromConfig(cmd, &chainID, &file); err != nil {
				return err
			}
			proof, err := proveBeacon(chainID, operator, file)
			if err != nil {
				return err
			}
			text, err := (&jsonpb.Marshaler{OrigName: true}).MarshalToString(&proof)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), text)
			return err
		},
	}
	cmd.Flags().StringVar(&operator, "operator", "", "operator address of the validator that registers the key")
	cmd.Flags().StringVar(&chainID, flags.FlagChainID, "", "this chain's id (default: chain_id of the config)")
	cmd.Flags().StringVar(&file, "key-file", "", "beacon key file (default: beacon_key_file of the config)")
	_ = cmd.MarkFlagRequired("operator")
	return cmd
}

// fillFromConfig takes from the relayer's configuration what no flag gave; with both flags there need be none.
func fillFromConfig(cmd *cobra.Command, chainID, file *string) error {
	if *chainID != "" && *file != "" {
		return nil
	}
	home, _, err := relayerHome(cmd)
	if err != nil {
		return err
	}
	cfg, err := relayer.ReadConfig(home)
	if err != nil {
		return err
	}
	if *chainID == "" {
		*chainID = cfg.ChainID
	}
	if *file == "" {
		*file = cfg.BeaconKeyPath(home)
	}
	return nil
}

func proveBeacon(chainID, operator, file string) (ssvtypes.BeaconKeyProof, error) {
	if _, err := sdk.ValAddressFromBech32(operator); err != nil {
		return ssvtypes.BeaconKeyProof{}, fmt.Errorf("operator %q: %w", operator, err)
	}
	key, err := relayer.ReadBeaconKey(file)
	if err != nil {
		return ssvtypes.BeaconKeyProof{}, err
	}
	proof, err := key.ProvePossession(chainID, operator)
	if err != nil {
		return ssvtypes.BeaconKeyProof{}, err
	}
	public := key.PublicKey()
	return ssvtypes.BeaconKeyProof{Key: public[:], Proof: proof[:]}, nil
}
