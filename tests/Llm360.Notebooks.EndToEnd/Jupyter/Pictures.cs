// Screenshots for visual inspection.
using Microsoft.Playwright;

namespace Llm360.Notebooks.EndToEnd.Jupyter;

internal static class Pictures
{
    /// <summary>Saves a screenshot of the window in artifacts/screenshots.</summary>
    public static Task SaveAsync(IPage page, string name) =>
        page.ScreenshotAsync(new() { Path = Path.Combine(Workspace.Repository!, "artifacts", "screenshots", name) });
}
