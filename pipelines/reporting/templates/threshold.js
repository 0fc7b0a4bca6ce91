// Shows what comes of the threshold that the slider is at.
const slider = document.querySelector(".threshold-slider input");
if (slider) {
  const points = JSON.parse(document.getElementById("points").textContent);
  slider.oninput = () => {
    const point = points[slider.value];
    for (const cell of document.querySelectorAll("[data-of]")) cell.textContent = point[cell.dataset.of] ?? "–";
    for (const dot of document.querySelectorAll("circle[data-x]")) {
      dot.setAttribute("cx", `${100 * point[dot.dataset.x]}%`);
      dot.setAttribute("cy", `${100 - 100 * point[dot.dataset.y]}%`);
    }
  };
}
