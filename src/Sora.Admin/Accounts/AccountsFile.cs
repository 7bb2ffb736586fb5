using System.Diagnostics;
using System.Globalization;
using System.Text;
using Sora.Mailstore.Accounts;
using Sora.Mailstore.Accounts.Passwords;

namespace Sora.Admin.Accounts;

/// <summary>
/// Creates an account for each line of a file: <c>address TAB password</c>, or as <see cref="PasswdLine"/> reads it. Empty lines and lines that begin with # are skipped. Passwords are
/// hashed on all processors, and accounts are inserted in batches; a line that fails does not disturb the others, and its password is not shown.
/// </summary>
/// <param name="passwd">Reads lines of a passwd-file; null when the file has none.</param>
internal sealed class AccountsFile(CommandRun run, AdminOptions options, string file, bool hashes, PasswdLine? passwd)
{
    private const int BatchSize = 250;

    private readonly PasswordHasher _hasher = new(options.Passwords);
    private readonly List<Failure> _failures = [];
    private int _created;

    public async Task<int> CreateAsync(CancellationToken cancellationToken)
    {
        using var reader = file == "-" ? run.Terminal.Input : Open();
        var started = Stopwatch.GetTimestamp();
        await using var session = await AdminSession.ChangeAsync(run, options, cancellationToken);
        try
        {
            var batch = new List<Line>(BatchSize);
            for (var number = 1; await Terminal.ReadLineAsync(reader, cancellationToken) is { } text; number++)
            {
                if (text.Length == 0 || text[0] == '#')
                    continue;
                if (Parse(number, text) is not { } line)
                    continue;
                batch.Add(line);
                if (batch.Count < BatchSize)
                    continue;
                await CreateAsync(session, batch, cancellationToken);
                batch.Clear();
            }

            await CreateAsync(session, batch, cancellationToken);
        }
        finally
        {
            Summarise(Stopwatch.GetElapsedTime(started));
        }

        return _failures.Count == 0 ? ExitCode.Ok : ExitCode.Failed;
    }

    private StreamReader Open()
    {
        try
        {
            return new StreamReader(file, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new AdminException($"There is no file {file}");
        }
    }

    private Line? Parse(int number, string text)
    {
        if (passwd is not null)
        {
            var entry = passwd.Parse(text);
            if (entry.WhyNot is null)
                return Check(new Line(number, entry.Address, entry.Hash));
            Fail(number, entry.Address, entry.WhyNot);
            return null;
        }

        var tab = text.IndexOf('\t', StringComparison.Ordinal);
        if (tab < 0)
        {
            Fail(number, null, "there is no tab between address and password");
            return null;
        }

        return Check(new Line(number, text[..tab].Trim(), hashes ? text[(tab + 1)..].Trim() : text[(tab + 1)..]));
    }

    private Line? Check(Line line)
    {
        var reason = line.Password.Contains('\uFFFD', StringComparison.Ordinal) ? "the password is not valid UTF-8"
            : !hashes ? PasswordHasher.WhyRefused(line.Password)
            : _hasher.CanVerify(line.Password) ? null
            : "the password hash has a scheme that is not known or not allowed, or costs more than is allowed";
        if (reason is null)
            return line;
        Fail(line.Number, line.Address, reason);
        return null;
    }

    private async Task CreateAsync(AdminSession session, List<Line> batch, CancellationToken cancellationToken)
    {
        var accounts = new NewAccount[batch.Count];
        var processors = new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = cancellationToken };
        await Task.Run(
            () => Parallel.For(0, accounts.Length, processors, i => accounts[i] = new NewAccount(
                batch[i].Address, hashes ? batch[i].Password : _hasher.Hash(batch[i].Password))),
            cancellationToken);
        var results = await session.Accounts.CreateManyAsync(accounts, cancellationToken);
        for (var i = 0; i < results.Count; i++)
        {
            if (results[i].IsOk)
                _created++;
            else
                Fail(batch[i].Number, batch[i].Address, results[i].Error!.Text);
        }
    }

    private void Fail(int number, string? address, string reason)
    {
        _failures.Add(new Failure(number, address, reason));
        run.Say(string.Create(CultureInfo.InvariantCulture, $"{file}:{number}: {reason}"));
    }

    private void Summarise(TimeSpan took) => run.Done(
        new { Created = _created, Failed = _failures.Count, Seconds = Math.Round(took.TotalSeconds, 3), Failures = _failures },
        string.Create(CultureInfo.InvariantCulture, $"Created {_created} accounts in {took.TotalSeconds:0.0} s, {_failures.Count} failed"));

    private sealed record Line(int Number, string Address, string Password);

    private sealed record Failure(int Line, string? Address, string Error);
}
