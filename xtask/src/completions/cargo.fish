
# What is typed is `cargo xtask ...`: it is completed like `cargo-xtask ...`, beside what fish itself
# offers for cargo.
function __fish_cargo_xtask_line
    set -l words (commandline -opc)
    set -e words[1]
    # A toolchain and flags of cargo's own stand before its subcommand.
    while string match -qr -- '^[-+]' "$words[1]"
        set -e words[1]
    end
    test "$words[1]" = xtask
    or return
    set -e words[1]
    set words (string escape -- $words) (commandline -ct)
    echo "cargo-xtask $words"
end

complete -c cargo -n __fish_cargo_xtask_line -f -a '(complete -C (__fish_cargo_xtask_line))'
