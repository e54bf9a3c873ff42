package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"nnsim/experiments"
	"nnsim/unit/spell"
)

// Exit statuses of the contract.
const (
	fine     = 0
	failed   = 1 // a check, a law or a tolerance
	badInput = 2
)

// execute runs one command line and returns its exit status.
func execute(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	out := &faithful{to: stdout}
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(out)
	root.SetErr(stderr)
	refuseShells(root)
	err := root.ExecuteContext(ctx)
	if err == nil {
		err = out.err
	}
	switch {
	case err == nil || errors.Is(out.err, syscall.EPIPE): // a reader that has seen enough is no fault
		return fine
	case errors.As(err, new(experiments.Failure)):
		fmt.Fprintf(stderr, "nnsim: %s\n", oneLine(err))
		return failed
	}
	fmt.Fprintf(stderr, "nnsim: %s\n", oneLine(err))
	return badInput
}

// faithful remembers the first write that went wrong, so that a full disk is not
// taken for success.
type faithful struct {
	to  io.Writer
	err error
}

func (f *faithful) Write(p []byte) (int, error) {
	if f.err != nil {
		return 0, f.err
	}
	n, err := f.to.Write(p)
	if err != nil {
		f.err = fmt.Errorf("cannot write the output: %w", err)
	}
	return n, f.err
}

// oneLine keeps an error on one line, whatever was in the input it quotes.
func oneLine(err error) string {
	return strings.Join(strings.FieldsFunc(err.Error(), func(r rune) bool { return r == '\n' || r == '\r' }), " ")
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:           "nnsim",
		Short:         "Simulate neural networks on accelerators, cycle by cycle",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("there is no command %q%s", args[0], hint(args[0], commands(cmd)))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(flagError)
	root.AddCommand(runCommand(), compareCommand(), validateCommand(), sweepCommand(), claimCommand(), listCommand(), showCommand(), nestCommand(), diffCommand(), reportCommand(), versionCommand())
	root.SetHelpCommand(&cobra.Command{Use: "help [COMMAND]", Short: "Explain a command", RunE: func(cmd *cobra.Command, args []string) error {
		about, rest, err := root.Find(args)
		if err != nil || about == root && len(rest) > 0 {
			return fmt.Errorf("there is no command %q%s", rest[0], hint(rest[0], commands(root)))
		}
		return about.Help()
	}})
	return root
}

// refuseShells makes the command of completions, which cobra writes, refuse a shell it does not know.
func refuseShells(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	completion, _, err := root.Find([]string{"completion"})
	if err != nil {
		panic(err)
	}
	completion.Args = nil
	completion.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return fmt.Errorf("completion: there is no shell %q%s", args[0], hint(args[0], commands(cmd)))
		}
		return cmd.Help()
	}
}

func commands(root *cobra.Command) (names []string) {
	for _, c := range root.Commands() {
		if !c.Hidden {
			names = append(names, c.Name())
		}
	}
	return names
}

// hint is a did-you-mean, or a list of what there is.
func hint(word string, names []string) string {
	if s := spell.DidYouMean(word, names); s != "" {
		return s
	}
	return "; there are " + strings.Join(names, ", ")
}

// flagError adds a did-you-mean to cobra's message about an unknown flag.
func flagError(cmd *cobra.Command, err error) error {
	word, unknown := strings.CutPrefix(err.Error(), "unknown flag: --")
	if !unknown {
		return fmt.Errorf("%s: %w; `nnsim %s --help` lists the flags", cmd.Name(), err, cmd.Name())
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	if near := spell.Closest(word, names); near != "" {
		return fmt.Errorf("%s: there is no flag --%s; did you mean --%s?", cmd.Name(), word, near)
	}
	return fmt.Errorf("%s: there is no flag --%s; `nnsim %s --help` lists the flags", cmd.Name(), word, cmd.Name())
}

// exactly is the number of arguments a command takes, with what they are.
func exactly(n int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < n:
			return fmt.Errorf("%s: %s is missing", cmd.Name(), what)
		case len(args) > n:
			return fmt.Errorf("%s: %q is one argument too many; it takes %s", cmd.Name(), args[n], what)
		}
		return nil
	}
}
