// llm360 cache: lists the Hugging Face Hub's cache and verifies its contents.
using System.CommandLine;
using System.Globalization;

namespace Llm360.Notebooks.Cli.Commands;

/// <summary><c>llm360 cache list</c>, <c>llm360 cache verify LLM360/Amber</c></summary>
internal static class CacheCommand
{
    public static Command Create() =>
        new("cache", "Look through the cache of the Hugging Face Hub, which Python shares.") { List(), Verify() };

    private static Command List()
    {
        var command = new Command("list", "Show the repositories in the cache and their sizes.");
        command.Run("Run it again.", (_, screen, _) =>
        {
            var root = HubSettings.FromEnvironment().CacheFolder;
            screen.Result(
                root,
                ["repository", "revisions", "contents", "size", "unfinished"],
                CacheAudit.Repositories(root).Select(CacheAudit.Measure).Select(Row));
            return Task.FromResult(0);
        });
        return command;
    }

    private static Command Verify()
    {
        var repository = new Argument<string?>("repository")
        {
            Description = "organisation/name, or datasets/organisation/name; all repositories if left out.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var command = new Command(
            "verify",
            "Read every content in the cache, compare its hash with its name, and name those that differ. Exit code 1 if any does. " +
            "A content that differs is not used: it is fetched again.") { repository };
        command.Run("Run it again: it starts from the beginning.", async (parsed, screen, cancellation) =>
        {
            var root = HubSettings.FromEnvironment().CacheFolder;
            var faults = 0;
            foreach (var cache in CacheAudit.Repositories(root, parsed.GetValue(repository)))
            {
                var verdict = await screen.WatchAsync(progress => CacheAudit.VerifyAsync(cache, progress, cancellation))
                    .ConfigureAwait(false);
                foreach (var (path, what) in verdict.Faults)
                    screen.Result($"{path}: {what}");
                screen.Say(Summary(CacheAudit.Measure(cache).Repository, verdict));
                faults += verdict.Faults.Count;
            }

            return faults == 0 ? 0 : Shared.Failed;
        });
        return command;
    }

    private static IReadOnlyList<string> Row(CachedRepository repository) =>
    [
        repository.Repository,
        Plain(repository.Revisions),
        Plain(repository.Contents),
        Downloads.Text(repository.Bytes),
        Downloads.Text(repository.UnfinishedBytes),
    ];

    private static string Summary(string repository, CacheVerdict verdict)
    {
        var unknown = verdict.Unchecked > 0 ? $"; {Plain(verdict.Unchecked)} cannot be checked, since their names are no hashes" : "";
        return $"{repository}: {Plain(verdict.Checked)} contents are right, {Plain(verdict.Faults.Count)} faults{unknown}";
    }

    private static string Plain(int number) => number.ToString(CultureInfo.InvariantCulture);
}
