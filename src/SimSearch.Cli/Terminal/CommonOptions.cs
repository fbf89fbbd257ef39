using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace SimSearch.Cli.Terminal;

/// <summary>Options that every command takes, and helpers to declare options that check themselves.</summary>
internal static class CommonOptions
{
    public static readonly Option<bool> Json = new("--json") { Description = "Print one JSON document on stdout and nothing else", Recursive = true };
    public static readonly Option<bool> Verbose = new("--verbose") { Description = "Show the stack trace of an error", Recursive = true };

    public static readonly Option<int> Seed = new("--seed")
    {
        Description = "Seed of everything random", Recursive = true, HelpName = "N", DefaultValueFactory = _ => 0,
    };

    public static readonly Option<int> Threads = new("--threads")
    {
        Description = "Threads to use; 0 means all cores (train: 1, unless this is given)", Recursive = true, HelpName = "N", DefaultValueFactory = _ => 0,
    };

    static CommonOptions() => Threads.Check(n => n is >= 0 and <= 1024, "from 0 (all cores) to 1024");

    public static IReadOnlyList<Option> All => [Json, Verbose, Seed, Threads];

    extension<T>(Option<T> option)
    {
        /// <summary>Refuses values that break a rule, with the rule in the message.</summary>
        public Option<T> Check(Func<T, bool> holds, string rule)
        {
            option.Validators.Add(result =>
            {
                if (TryGet(result, out T? value) && value is not null && !holds(value)) result.AddError(string.Create(CultureInfo.InvariantCulture, $"{option.Name} {value} must be {rule}"));
            });
            return option;
        }
    }

    private static bool TryGet<T>(OptionResult result, out T? value)
    {
        value = default;
        try
        {
            value = result.GetValueOrDefault<T>();
            return true;
        }
        catch (InvalidOperationException)
        {
            return false; // not of the type at all, which the parser itself reports
        }
    }

    /// <summary>A list of words at the end of a command, among which a mistyped option is an error and not one more word.</summary>
    public static Argument<string[]> Words(string name, string description)
    {
        var words = new Argument<string[]>(name) { Description = description, Arity = ArgumentArity.OneOrMore };
        words.Validators.Add(RefuseOptions);
        return words;
    }

    /// <summary>One word, which a mistyped option is not.</summary>
    public static Argument<string> Word(string name, string description)
    {
        var word = new Argument<string>(name) { Description = description };
        word.Validators.Add(RefuseOptions);
        return word;
    }

    /// <summary>An error for a word that looks like an option; a file of such a name can be written ./-name.</summary>
    public static void RefuseOptions(ArgumentResult result)
    {
        foreach (var token in result.Tokens)
            if (token.Value.StartsWith('-')) result.AddError($"{token.Value} is not an option of this command");
    }

    /// <summary>A required output path.</summary>
    public static Option<string> Out(string what) => new("--out", "-o") { Description = what, Required = true, HelpName = "PATH" };

    /// <summary>An option with a fixed set of words.</summary>
    public static Option<string> Choice(string name, string description, string standard, params string[] words)
    {
        // A long list of words would push every description of the help off the screen.
        bool few = words.Sum(w => w.Length + 1) <= 28;
        var option = new Option<string>(name)
        {
            Description = few ? description : $"{description}: {string.Join(", ", words)}",
            DefaultValueFactory = _ => standard,
            HelpName = few ? string.Join('|', words) : "NAME",
        };
        return option.Check(words.Contains, $"one of {string.Join(", ", words)}");
    }

    /// <summary>An option that is a number or a word which stands for "no number": <c>--top-db 80|none</c>.</summary>
    public static Option<OptionalNumber> NumberOr(string name, string word, string description, double standard) => new(name)
    {
        Description = description,
        HelpName = $"X|{word}",
        DefaultValueFactory = _ => new OptionalNumber(standard),
        CustomParser = result => ParseNumberOr(result, name, word),
    };

    private static OptionalNumber ParseNumberOr(ArgumentResult result, string name, string word)
    {
        string text = result.Tokens[0].Value;
        if (text == word) return default;
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number)) return new OptionalNumber(number);
        result.AddError($"{name} {text} must be a number or '{word}'");
        return default;
    }
}

/// <summary>The value of an option that is a number or a word for "none" (the parser cannot hand on a null).</summary>
internal readonly record struct OptionalNumber(double? Value)
{
    /// <summary>As it stands in the help.</summary>
    public override string ToString() => Value?.ToString(CultureInfo.InvariantCulture) ?? "none";
}
