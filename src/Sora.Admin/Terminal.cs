using System.Text;

namespace Sora.Admin;

/// <summary>What the program reads from and writes to.</summary>
/// <param name="Input">Standard input.</param>
/// <param name="Output">Results.</param>
/// <param name="Error">What went wrong, one line each.</param>
/// <param name="Width">Columns of the terminal that shows the output; null when it goes to a file or a program.</param>
internal sealed record Terminal(TextReader Input, TextWriter Output, TextWriter Error, int? Width)
{
    /// <summary>Standard input as octets, because a message need not be UTF-8; null where <see cref="Input"/> is text from elsewhere.</summary>
    public Stream? Octets { get; init; }

    /// <summary>The console, in UTF-8 whatever the locale says: names and addresses are UTF-8, and scripts read what is written.</summary>
    public static Terminal OfThisProcess()
    {
        var utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        Console.OutputEncoding = utf8;
        var octets = Console.OpenStandardInput();
        var input = new StreamReader(octets, utf8);
        return new Terminal(input, Console.Out, Console.Error, Console.IsOutputRedirected ? null : Math.Max(Console.WindowWidth, 40)) { Octets = octets };
    }

    /// <summary>The next line, or null at the end. Does not wait for a line that never comes once it is cancelled, as reading a console would.</summary>
    public static Task<string?> ReadLineAsync(TextReader reader, CancellationToken cancellationToken) =>
        reader.ReadLineAsync(cancellationToken).AsTask().WaitAsync(cancellationToken);
}
